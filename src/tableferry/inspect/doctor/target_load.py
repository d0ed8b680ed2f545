"""What else is going on in the target that a load would meet: old transactions, and little disk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry import postgres
from tableferry.config import Publish, TableSpec
from tableferry.inspect.doctor.finding import Finding
from tableferry.inspect.doctor.questions import About
from tableferry.inspect.doctor.topics import Topic
from tableferry.model.counting import counted
from tableferry.model.identifiers import quote_pg, text_pg
from tableferry.postgres.locks import PATIENCE_SECONDS

_OLD: Final = """\
SELECT a.pid, extract(epoch FROM clock_timestamp() - a.xact_start)::float8,
  greatest(age(a.backend_xmin), age(a.backend_xid))
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.usesysid IS NOT NULL
  AND (a.xact_start IS NOT NULL OR a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
ORDER BY a.pid"""
"""When a transaction of others began is shown to the members of pg_read_all_stats only, that it has
a snapshot or has written is shown to everybody."""

_PREPARED: Final = """\
SELECT p.gid, extract(epoch FROM clock_timestamp() - p.prepared)::float8
FROM pg_prepared_xacts p WHERE p.database = current_database() ORDER BY p.gid"""

_SIZES: Final = """\
SELECT pg_database_size(current_database()),
  coalesce((SELECT sum(pg_total_relation_size(p.relid))::bigint FROM pg_partition_tree(t.oid) p),
    pg_total_relation_size(t.oid)),
  coalesce((SELECT sum(pg_table_size(p.relid))::bigint FROM pg_partition_tree(t.oid) p),
    pg_table_size(t.oid))
FROM (SELECT to_regclass(%s) AS oid) t"""
"""A plain table is the only member of its own partition tree, and has none in older versions."""

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True)
class TargetLoadQuestions:
    """What a load of these entries would meet in the target database."""

    about: About
    into: postgres.TargetConnection
    specs: Sequence[TableSpec]

    def examine(self) -> Iterator[Finding]:
        """Ask; raises nothing."""
        yield from self.about.asked(Topic.OLD_TRANSACTIONS, self._old_transactions)
        yield from self.about.asked(Topic.DISK, self._disk)

    def _old_transactions(self) -> Iterator[Finding]:
        topic = Topic.OLD_TRANSACTIONS
        found = self.into.rows(_OLD)
        old = {pid: age for pid, age, _ in found if age is not None and age > PATIENCE_SECONDS}
        hidden = [pid for pid, age, _ in found if age is None]
        prepared = self.into.rows(_PREPARED)
        for pid, age in old.items():
            yield self.about.warning(
                topic,
                f"the transaction of session {pid} is {age:,.0f} s old: a load that meets its "
                f"locks, or its view of the old rows, gives up after {PATIENCE_SECONDS:g} s",
                f"SELECT * FROM pg_stat_activity WHERE pid = {pid}; to end it: SELECT "
                f"pg_terminate_backend({pid})",
            )
        for gid, age in prepared:
            yield self.about.warning(
                topic,
                f"the prepared transaction {gid!r} is {age:,.0f} s old, and keeps its locks",
                f"COMMIT PREPARED {text_pg(gid)} or ROLLBACK PREPARED {text_pg(gid)}",
            )
        if hidden:
            [(role,)] = self.into.rows("SELECT session_user::text")
            pids = ", ".join(map(str, hidden))
            yield self.about.not_visible(
                topic,
                f"{counted(len(hidden), 'session')} of others "
                f"{'has' if len(hidden) == 1 else 'have'} a transaction open (pid {pids}), whose "
                "age is not shown to this login",
                f"GRANT pg_read_all_stats TO {quote_pg(role)}",
            )
        if not (old or prepared or hidden):
            yield self.about.ok(topic, f"none is older than {PATIENCE_SECONDS:g} s")

    def _disk(self) -> Iterator[Finding]:
        """Say how much a load needs beside what is there; SQL does not show what is free."""
        needed: dict[str, int] = {}
        total = 0
        for spec in self.specs:
            [(total, with_indexes, rows)] = self.into.rows(_SIZES, (spec.target.sql,))
            if with_indexes is not None:
                merges = spec.publish is Publish.MERGE
                needed[spec.key] = rows if merges else with_indexes
        if not needed:
            yield self.about.ok(Topic.DISK, "no target table is there yet")
            return
        largest = max(needed, key=needed.__getitem__)
        yield self.about.not_visible(
            Topic.DISK,
            f"the database has {_size(total)}; until the commit a load stores its table twice: "
            f"{_size(needed[largest])} for {largest}, the largest, "
            f"{_size(sum(needed.values()))} for all if they are published together, and as much "
            "again in WAL. How much is free SQL does not show",
            "On the server: df -h (see SHOW data_directory, \\db), or the provider's free storage",
        )


def _size(count: int) -> str:
    """Return a number of bytes with a unit: ``12 MB``."""
    size, unit = float(count), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:,.0f} {_UNITS[unit]}"
