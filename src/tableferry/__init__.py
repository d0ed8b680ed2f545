"""tableferry carries tables from SQL Server to PostgreSQL: fast, exactly, unnoticed."""

__version__ = "0.1.0"
