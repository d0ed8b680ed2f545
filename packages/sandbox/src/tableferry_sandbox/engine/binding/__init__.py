"""Names and types resolved: a syntax tree becomes DuckDB SQL with T-SQL types."""
