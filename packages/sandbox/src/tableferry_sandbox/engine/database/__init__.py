"""What an instance holds: databases, tables, row versions, logins and permissions."""
