"""The data model that describes both databases: names, columns, keys, key ranges. Pure data."""
