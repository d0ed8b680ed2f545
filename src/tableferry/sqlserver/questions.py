"""Questions to SQL Server's catalog: each is about one table, or about many with one statement.

Where it is about one table the statement holds nothing but the question. Where it is about many,
the names are a table of their own, ``w``, which the question is joined with; each row begins with
the place of its table among them, for two names may be those of one table (their case may differ,
where it does not count). Names are compared by ``OBJECT_ID`` alone, as a SELECT would find them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tableferry.errors import TableferryError, TransientError
from tableferry.model.identifiers import SourceTable, quote_mssql, text_mssql
from tableferry.sqlserver.connection import SourceConnection

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Question:
    """A SELECT from the catalog, and the names of its result's columns.

    In ``sql``, ``{place}`` stands at the beginning of the list of columns; ``{asked}`` before the
    first table of FROM, or ``{from}`` instead of a FROM where there is none; ``{id}`` for the
    table's id, ``{table}`` for its name as an nvarchar, ``{catalog}`` for its database, quoted;
    ``{database}`` and ``{quoted_database}`` for that as an nvarchar, without quotes and with them.
    The order of one table's rows is the statement's. ``by_all``: the plan of every table asks it.
    """

    sql: str
    columns: tuple[str, ...]
    by_all: bool = True

    def about(self, tables: Sequence[SourceTable]) -> str:
        """Return the statement about these tables, which are all of one database."""
        parts = _of_one(tables[0]) if len(tables) == 1 else _of_many(tables, self.sql)
        # In one pass: a table's name may look like one of these.
        return re.sub("|".join(map(re.escape, parts)), lambda found: parts[found[0]], self.sql)

    def ask(
        self, connection: SourceConnection, tables: Sequence[SourceTable]
    ) -> dict[SourceTable, Rows]:
        """Ask it about these tables, which are all of one database; raises TableferryError.

        A table of which the catalog says nothing has no rows.
        """
        if len(tables) == 1:
            return {tables[0]: connection.rows(self.about(tables), self.columns)}
        found: dict[SourceTable, Rows] = {table: [] for table in tables}
        for place, *row in connection.rows(self.about(tables), ("place", *self.columns)):
            found[tables[place]].append(tuple(row))
        return found


def _of_one(table: SourceTable) -> dict[str, str]:
    name = text_mssql(table.sql)
    return {
        "{place}": "",
        "{asked}": "",
        "{from}": "",
        "{id}": f"OBJECT_ID({name})",
        "{table}": name,
        **_database(table),
    }


def _of_many(tables: Sequence[SourceTable], sql: str) -> dict[str, str]:
    named = "{table}" in sql
    names = [text_mssql(table.sql) for table in tables]
    rows = ",\n  ".join(
        f"({place}, OBJECT_ID({name}){f', {name}' if named else ''})"
        for place, name in enumerate(names)
    )
    asked = f"(VALUES {rows}) AS w (place, id{', name' if named else ''})"
    return {
        "{place}": "w.place AS place, ",
        "{asked}": f"{asked}\nCROSS JOIN ",
        "{from}": f"\nFROM {asked}",
        "{id}": "w.id",
        "{table}": "w.name",
        **_database(tables[0]),
    }


def _database(table: SourceTable) -> dict[str, str]:
    catalog = quote_mssql(table.database)
    return {
        "{catalog}": catalog,
        "{database}": text_mssql(table.database),
        "{quoted_database}": text_mssql(catalog),
    }


def rows_if_supported(connection: SourceConnection, sql: str, columns: Sequence[str]) -> Rows:
    """Run a query that not every server supports; no rows where it is not supported."""
    try:
        return connection.rows(sql, columns)
    except TransientError:
        raise
    except TableferryError:
        return []


def asked_at_once(
    connection: SourceConnection,
    questions: Sequence[Question],
    table: SourceTable,
    isolation: str = "",
) -> list[Rows]:
    """Ask several questions about one table, as one batch; raises TableferryError.

    An empty ``isolation`` leaves the connection's as it is. Of questions that the server does not
    support only the first is an error: the others have no rows. It refuses the whole batch for one
    of them, and then each is asked by itself, on this connection from now on.
    """
    queries = [(one.about([table]), one.columns) for one in questions]
    if not connection.refuses_several:
        try:
            return connection.rows_of_each(queries, isolation)
        except TransientError:
            raise
        except TableferryError:
            connection.refuses_several = True
    first, *others = queries
    found = connection.rows_of_each([first], isolation)
    return found + [rows_if_supported(connection, *one) for one in others]
