"""``deletes: reconcile``: the keys of both sides are compared; those that only the target has go.

source's keys -> ``postgres.AbsentKeys`` -> those that it lacks are asked for again -> the guard ->
publishing deletes what is left.

Where rows may move while the keys are read (READ COMMITTED without row versions), a key can be
missed though its row was there all the time: so nothing is deleted that the source, asked for this
very key, still has. A key that the source gets later comes with a later run's changes.
"""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import pyarrow as pa

from tableferry import postgres, sqlserver, values
from tableferry.model.identifiers import quote_mssql
from tableferry.model.key_range import WHOLE_TABLE
from tableferry.planning.guards import require_few_deleted
from tableferry.planning.plan import SyncPlan
from tableferry.transfer.keyed_rows import KeyedRows
from tableferry.transfer.readers import Reading, numbered, read_chunks
from tableferry.transfer.workers import Check

KEYS_AT_ONCE: Final = 20_000
"""Keys that the source is asked for again over one connection; they are held in memory."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """How many keys the source has, and how many of the target's it does not have."""

    compared: int
    deleted: int


class Reconciliation:
    """One table's keys being compared.

    ``plan`` is one that ``require_askable`` accepts. ``open_source`` is called in the thread that
    uses the connection; ``into`` is the target's, with
    no transaction open. ``check`` raises where it is time to stop.
    """

    def __init__(
        self,
        plan: SyncPlan,
        staging: postgres.Staging,
        open_source: Callable[[], sqlserver.SourceConnection],
        into: postgres.TargetConnection,
        check: Check,
    ) -> None:
        self._plan = plan
        self._keys = plan.of_key()
        self._open_source = open_source
        self._check = check
        self._rate_limit = sqlserver.RateLimit(plan.spec.max_rows_per_second)
        self._absent = postgres.AbsentKeys(into, self._keys, staging)

    def run(self) -> Reconciled:
        """Store the keys that are to be deleted beside the staging table.

        Raises GuardError where they are more than ``max_delete_share`` allows, and TableferryError.
        """
        compared = self._compare()
        found = self._absent.finish()
        if found:
            rows = self._absent.target_rows()
            if not self._plan.at_one_moment:
                self._ask_again(rows)
                found = self._absent.finish()
            self._guard(rows, found)
        return Reconciled(compared, found)

    def _compare(self) -> int:
        order = self._absent.order
        plan = replace(self._keys, order_by=self._order_by(order), estimated_rows=None)
        reading = Reading(
            plan,
            numbered([WHOLE_TABLE]),
            open_source=self._open_source,
            rate_limit=self._rate_limit,
            check=self._check,
        )
        convert = self._converter()
        with read_chunks(reading) as gathered:
            if order is None:
                self._absent.add_missing_from(map(convert, gathered))
            else:
                source = (order.of_batch(convert(batch)) for batch in gathered)
                for keys in values.only_in_first(self._absent.target_blocks(order), source):
                    self._check()
                    self._absent.add(order.to_batch(keys))
        return gathered.rows

    def _order_by(self, order: values.KeyOrder | None) -> tuple[str, ...]:
        if order is None:
            return ()
        source = {column.target.name: column.source.name for column in self._keys.columns}
        return tuple(f"t.{quote_mssql(source[name])}" for name in order.schema.names)

    def _ask_again(self, rows: int) -> None:
        """Spare the keys that the source has after all; the guard is asked as soon as possible."""
        lookup = KeyedRows(
            self._keys,
            self._open_source,
            self._rate_limit,
            self._check,
            instead="Set 'deletes' to 'ignore', or allow SNAPSHOT isolation.",
        )
        names = [column.source for column in self._keys.columns]
        places = [names.index(column) for column in self._plan.key]
        asked = spared = 0
        with contextlib.closing(self._absent.pages(KEYS_AT_ONCE)) as pages:
            for page in pages:
                keys = [[texts[place] for place in places] for texts in page]
                with lookup.read(keys) as answers:
                    spared += self._absent.spare(map(self._converter(), answers))
                asked += len(page)
                self._guard(rows, asked - spared)

    def _converter(self) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
        return values.key_converter(self._keys.columns, self._plan.spec)

    def _guard(self, rows: int, deleted: int) -> None:
        spec = self._plan.spec
        require_few_deleted(spec.target, rows, deleted, spec.max_delete_share)
