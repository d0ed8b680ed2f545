"""Event triggers of the target that run when a load creates, alters or drops tables.

Some record such statements, some refuse them to all but a few roles: from the catalog one cannot
tell. Every load but ``truncate`` into an existing table has such statements: of staging and shadow
tables, of columns that are added, of a table that it creates.
"""

from typing import Final

from tableferry.model.identifiers import shown
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.messages import Question, Rows

TAGS: Final = ("CREATE TABLE", "CREATE TABLE AS", "ALTER TABLE", "DROP TABLE", "CREATE INDEX")
"""The command tags by which event triggers are filtered."""

ENABLED: Final = f"""\
SELECT e.evtname::text AS name FROM pg_event_trigger e
WHERE e.evtenabled IN ('O', 'A') AND e.evtevent IN ('ddl_command_start', 'ddl_command_end',
    'sql_drop')
  AND (e.evttags IS NULL OR e.evttags && ARRAY[{", ".join(f"'{tag}'" for tag in TAGS)}])
  AND coalesce(current_setting('event_triggers', true), 'on') = 'on'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_event_trigger'::regclass
    AND d.objid = e.oid AND d.deptype = 'e')"""
"""An extension's own are left out: they keep its books. ``table_rewrite`` is, too: nothing of ours
rewrites a table. Since PostgreSQL 17 a setting can switch all of them off."""


def asking_event_triggers() -> Question:
    """Return what asks for their names."""
    return (f"{ENABLED} ORDER BY 1", ())


def warnings_of(rows: Rows) -> tuple[str, ...]:
    """Return what a plan says of them where its load has statements that they run for."""
    return tuple(
        f"the event trigger {shown(name)} runs when the load creates, alters or drops tables, and "
        "may refuse it"
        for (name,) in rows
    )


def event_trigger_warnings(connection: TargetConnection) -> tuple[str, ...]:
    """Return the same for a database of which no table is planned; raises TableferryError."""
    return warnings_of(connection.rows(*asking_event_triggers()))
