"""The source's rows with certain keys, which come from the target, read by key a few at a time.

A key is a text for each of its columns, in the forms of ``planning.key_texts``. What comes back is
the source's: by its collation it may find other spellings of a key. Each row comes once, also where
two keys are one there: a key that comes twice is that of two rows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from tableferry import sqlserver
from tableferry.config import Consistency
from tableferry.planning.key_texts import bounds_of
from tableferry.planning.plan import SyncPlan
from tableferry.transfer.prefetch import Prefetch
from tableferry.transfer.silence import silence_limit
from tableferry.transfer.workers import Check
from tableferry.values import comparable_keys

KeyTexts = Sequence[str | None]
"""One key, in the order of ``SyncPlan.key``; None for a value without a text."""

ADVICE: Final = "Let this login see the table's definition, or load the table anew."


@dataclass(frozen=True, slots=True)
class KeyedRows:
    """Asks the source for a plan's rows, or for their keys alone, by key.

    ``plan`` is the one whose columns are read. ``open_source`` is called in the thread that uses
    the connection. ``instead`` is a hint for a key whose collation the login may not see.
    """

    plan: SyncPlan
    open_source: Callable[[], sqlserver.SourceConnection]
    rate_limit: sqlserver.RateLimit
    check: Check
    instead: str = ADVICE

    def read(self, keys: Sequence[KeyTexts]) -> Prefetch[pa.RecordBatch]:
        """Return the batches of the rows with these keys; they are read ahead in the block.

        A key that the source's types cannot hold is none of its keys, and not asked for. Under
        SNAPSHOT all are read as of one moment. Raises TableferryError.
        """
        wanted = self._possible(keys)
        opened: list[sqlserver.SourceConnection] = []

        def ask() -> Iterator[pa.RecordBatch]:
            if not wanted:
                return
            with self.open_source() as connection:
                opened.append(connection)
                yield from self._batches(connection, wanted)

        return Prefetch(
            ask(),
            limit=lambda: silence_limit(self.plan.spec, locked=False),
            silence=lambda: opened[0].silent_for() if opened else 0.0,
            check=self.check,
            wake=sqlserver.shut_down_connections,
        )

    def _batches(
        self, connection: sqlserver.SourceConnection, wanted: Sequence[Sequence[sqlserver.Interval]]
    ) -> Iterator[pa.RecordBatch]:
        key = sqlserver.read_key(connection, self.plan, instead=self.instead)
        at_one_moment = self.plan.consistency is Consistency.SNAPSHOT
        if at_one_moment:
            connection.begin_snapshot()
        before = _Keys(self.plan.target_key)
        sql = ""
        reader = sqlserver.TableReader(
            connection, self.plan, self.rate_limit, select=lambda _keys: sql
        )
        for start in range(0, len(wanted), sqlserver.KEYS_PER_SELECT):
            some = wanted[start : start + sqlserver.KEYS_PER_SELECT]
            sql = sqlserver.select_keys(self.plan, key, some)
            yield from before.left_out_of(reader.batches())
        if at_one_moment:
            connection.end_snapshot()
        sqlserver.require_unaltered(connection, self.plan.spec.source, self.plan.carried)

    def _possible(self, keys: Sequence[KeyTexts]) -> list[tuple[sqlserver.Interval, ...]]:
        """Return those of the keys that the source's types can hold."""
        kinds = [column.type for column in self.plan.key]
        found = []
        for texts in keys:
            bounds = [bounds_of(kind, text) for kind, text in zip(kinds, texts, strict=True)]
            whole = tuple(one for one in bounds if one is not None)
            if len(whole) == len(kinds):
                found.append(whole)
        return found


class _Keys:
    """The keys of the rows that earlier statements have returned, as the source spells them."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._seen: set[tuple[object, ...]] = set()

    def left_out_of(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield one statement's rows without those of an earlier one's."""
        found: set[tuple[object, ...]] = set()
        for batch in batches:
            keys = comparable_keys(batch, self._columns)
            new = [key not in self._seen for key in keys]
            found.update(keys)
            yield batch if all(new) else batch.filter(pa.array(new))
        self._seen |= found
