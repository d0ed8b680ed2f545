"""SQL Server's types: their rules, conversions and texts, and how DuckDB stores them."""
