"""The DDL of a missing target table, from what the catalog says of the source. Pure text."""
