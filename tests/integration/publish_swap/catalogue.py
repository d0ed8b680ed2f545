"""All that PostgreSQL's catalogs say of the relations of some schemas, without its numbers.

Nothing is chosen but what differs in any copy: every column of every row of every catalog that
tells of a relation is compared. Numbers of objects become their descriptions, by the catalogs' own
foreign keys (``pg_get_catalog_foreign_keys``); numbers of columns become their names.
"""

import functools
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import psycopg

from tests.support.databases import PgDatabase

_CATALOGS: Final = {
    "pg_class": ("oid", ""),
    "pg_attribute": ("attrelid", "AND x.attnum > 0 AND NOT x.attisdropped"),
    "pg_attrdef": ("adrelid", ""),
    "pg_constraint": ("conrelid", ""),
    "pg_index": ("indrelid", ""),
    "pg_inherits": ("inhrelid", ""),
    "pg_policy": ("polrelid", ""),
    "pg_publication_rel": ("prrelid", ""),
    "pg_rewrite": ("ev_class", ""),
    "pg_sequence": ("seqrelid", ""),
    "pg_statistic_ext": ("stxrelid", ""),
    "pg_trigger": ("tgrelid", "AND NOT x.tgisinternal"),
    "pg_type": ("typrelid", ""),
}
"""Each with the column that names its relation."""

_DIFFERS: Final = frozenset(
    # Where it lies, what fills it, how old it is.
    {"oid", "relfilenode", "reltoastrelid", "relpages", "reltuples", "relallvisible"}
    | {"relallfrozen", "relfrozenxid", "relminmxid", "attnum", "relnatts", "attmissingval"}
    | {"atthasmissing", "typarray", "adnum", "reltype"}
)

_TREES: Final = {
    "adbin": "pg_get_expr(x.adbin, x.adrelid)",
    "conbin": "pg_get_constraintdef(x.oid)",
    "indexprs": "pg_get_indexdef(x.indexrelid)",
    "indpred": "''",
    "polqual": "pg_get_expr(x.polqual, x.polrelid)",
    "polwithcheck": "pg_get_expr(x.polwithcheck, x.polrelid)",
    "prqual": "pg_get_expr(x.prqual, x.prrelid)",
    "ev_qual": "''",
    "ev_action": "pg_get_ruledef(x.oid)",
    "stxexprs": "pg_get_statisticsobjdef(x.oid)",
    "tgqual": "pg_get_triggerdef(x.oid)",
    "stxkeys": "''",
    "indkey": "''",
    "tgattr": "''",
}
"""Parsed expressions hold numbers, too: PostgreSQL's text of them is compared. So are columns of
columns' numbers whose text is compared with them."""


def catalogue(database: PgDatabase, *schemas: str) -> list[str]:
    """Return everything as lines, sorted: equal lists are equal relations."""
    with database.connect() as connection:
        connection.execute("SET search_path = ''")
        return sorted(_Catalogue(connection, schemas).lines())


class _Catalogue:
    def __init__(self, connection: psycopg.Connection[Any], schemas: Sequence[str]) -> None:
        self._connection = connection
        names = ", ".join(f"'{schema}'" for schema in schemas)
        self._relations = (
            "SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            f"WHERE n.nspname IN ({names})"
        )
        self._keys: dict[str, list[tuple[list[str], str]]] = {}
        for table, columns, other in self._rows(
            "SELECT fktable::text, fkcols, pktable::text FROM pg_get_catalog_foreign_keys()"
        ):
            self._keys.setdefault(table, []).append((columns, other))

    def lines(self) -> Iterator[str]:
        for catalog, (column, condition) in _CATALOGS.items():
            there = {
                row[0]
                for row in self._rows(
                    f"SELECT attname FROM pg_attribute WHERE attrelid = '{catalog}'::regclass"
                )
            }
            trees = ", ".join(f"'{name}', {text}" for name, text in _TREES.items() if name in there)
            for (row,) in self._rows(
                f"SELECT to_jsonb(x) || jsonb_build_object({trees}) FROM {catalog} x "
                f"WHERE x.{column} IN ({self._relations}) {condition}"
            ):
                yield f"{catalog}: {self._told(catalog, row)}"
        for query in self._texts():
            yield from (str(row) for row in self._rows(query))

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(query.encode()).fetchall()

    def _told(self, catalog: str, row: dict[str, Any]) -> str:
        told = {name: value for name, value in row.items() if name not in _DIFFERS}
        for columns, other in self._keys.get(catalog, []):
            name = columns[-1]
            if name not in told or name in _TREES:
                continue
            values = row[name] if isinstance(row[name], list) else [row[name]]
            where = f"{other}|{row[columns[0]] if len(columns) > 1 else ''}"
            told[name] = [self._name(where, str(value)) for value in values]
        for name, value in told.items():
            if name.endswith("acl") and value:
                told[name] = sorted(value)
        if told.get("prattrs"):
            where = f"pg_attribute|{row['prrelid']}"
            told["prattrs"] = [self._name(where, str(number)) for number in row["prattrs"]]
        return json.dumps(told, sort_keys=True)

    @functools.cache  # noqa: B019 - lives for one look
    def _name(self, where: str, value: str) -> str:
        if value in {"None", "0", "-"}:
            return ""
        if not value.isdecimal():
            return value  # A regproc shows its name already.
        catalog, _, relation = where.partition("|")
        if catalog == "pg_attribute":
            query = (
                f"SELECT attname FROM pg_attribute WHERE attrelid = {relation} AND attnum = {value}"
            )
        else:
            query = f"SELECT pg_describe_object('{catalog}'::regclass, '{value}'::oid, 0)"
        found = self._rows(query)
        return str(found[0][0]) if found else ""

    def _texts(self) -> tuple[str, ...]:
        """Comments, sequences' states, dependencies: what no catalog above holds."""
        comments = (
            "SELECT 'comment', pg_describe_object(classoid, objoid, objsubid), description "
            "FROM pg_description WHERE objoid > 16000"
        )
        depends = (
            "SELECT 'depends', pg_describe_object(classid, objid, objsubid), "
            "pg_describe_object(refclassid, refobjid, refobjsubid), deptype FROM pg_depend "
            f"WHERE refobjid IN ({self._relations}) AND refclassid = 'pg_class'::regclass "
            "AND classid <> 'pg_trigger'::regclass "
            "AND pg_describe_object(classid, objid, objsubid) !~ 'pg_toast'"
        )
        sequences = (
            "SELECT 'sequence', c.oid::regclass::text, pg_sequence_last_value(c.oid) "
            f"FROM pg_class c WHERE c.relkind = 'S' AND c.oid IN ({self._relations})"
        )
        statistics = (
            "SELECT DISTINCT 'statistics', starelid::regclass::text FROM pg_statistic "
            f"WHERE starelid IN ({self._relations})"
        )
        toasts = (
            "SELECT 'toast', c.oid::regclass::text, t.reloptions FROM pg_class c JOIN pg_class t "
            f"ON t.oid = c.reltoastrelid WHERE c.oid IN ({self._relations})"
        )
        return comments, depends, sequences, statistics, toasts
