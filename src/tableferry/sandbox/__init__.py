"""An embedded stand-in for SQL Server that speaks TDS: for demos, tests and benchmarks."""
