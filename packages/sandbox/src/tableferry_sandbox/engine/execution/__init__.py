"""Statements carried out on a session: queries, changes of rows, DDL, security, control flow."""
