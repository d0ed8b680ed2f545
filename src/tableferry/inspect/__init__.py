"""Read-only questions to both databases: check, plan, discover."""
