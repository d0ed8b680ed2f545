"""Questions that change nothing: check, plan, discover."""
