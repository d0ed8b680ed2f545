"""The order of the steps: one table, many tables, and what is told on the way."""
