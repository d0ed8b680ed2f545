"""The groups of measurements, in the order of the page: a module for each kind, a line for each."""

from typing import Final

from bench.groups import (
    cold,
    incremental,
    indexes,
    inside,
    lobs,
    memory,
    peers,
    readers,
    scaling,
    short_max,
    tables,
    tables_many,
    verification,
)
from bench.suite import Group

GROUPS: Final = (
    Group("narrow", tables.NARROW, "nine columns of common types", tables.narrow),
    Group("wide", tables.WIDE, "forty columns", tables.wide),
    Group("texts", tables.TEXTS, "long texts", tables.texts),
    Group("types", tables.TYPES, "every type", tables.types),
    Group("lineitem", tables.LINEITEM, "a table that others publish figures for", tables.lineitem),
    Group("short_max", short_max.TITLE, "short values in (max) columns", short_max.measure),
    Group("lobs", lobs.TITLE, "values of 10 kB and of 1 MB", lobs.measure),
    Group("indexes", indexes.TITLE, "five secondary indexes", indexes.measure),
    Group("many", tables_many.TITLE, "many small tables in one run", tables_many.measure),
    Group("memory", memory.TITLE, "peak memory as a table grows", memory.measure),
    Group("scaling", scaling.TITLE, "chunks and jobs, each connection limited", scaling.measure),
    Group("inside", inside.TITLE, "converting and encoding, without a server", inside.measure),
    Group("readers", readers.TITLE, "what readers of the target notice", readers.measure),
    Group("incremental", incremental.TITLE, "changes, idle tables, keys", incremental.measure),
    Group("verify", verification.TITLE, "comparing all values, repairing", verification.measure),
    Group("cold", cold.TITLE, "the deployment's first event", cold.measure),
    Group("peers", peers.TITLE, "dlt, sling and connectorx", peers.measure),
)
