"""The syntax tree of T-SQL: plain nodes, built by the parser and read by everything above it."""
