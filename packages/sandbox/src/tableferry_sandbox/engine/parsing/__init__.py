"""T-SQL text to a syntax tree, with the syntax errors that SQL Server reports."""
