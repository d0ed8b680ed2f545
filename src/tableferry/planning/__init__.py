"""Turn both catalogs and a table's configuration into a plan, or refuse by column name. Pure."""
