"""From both catalogs and a table's configuration to a plan, or to refusals by name. Pure."""
