"""One table's full refresh: the order of its steps, written once.

plan -> read ahead -> convert -> COPY -> compare the counts and the columns -> commit. Nothing
in the target is touched before the first rows (or the source's "there are none") are here;
whatever fails before the commit leaves the old rows.
"""

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa

from tableferry import source, target, values
from tableferry.details import NO_DETAILS, TableDetails
from tableferry.errors import SchemaError, VerificationError
from tableferry.plan import SyncPlan, plan_table
from tableferry.settings import Settings, SourceSettings
from tableferry.spec import TableSpec
from tableferry.sync.outcome import ErrorReport, Status, TableOutcome
from tableferry.sync.prefetch import Prefetch


@dataclass(frozen=True, slots=True)
class Progress:
    """Told after every batch. ``expected`` is about how many rows there are, None: unknown."""

    table: str
    rows: int
    seconds: float
    expected: int | None

    @property
    def rows_per_second(self) -> int:
        """Rows a second since the table was begun."""
        return round(self.rows / self.seconds) if self.seconds else 0

    @property
    def share(self) -> float | None:
        """How much of the table is done, 0.0 to 1.0, None where its size is not known."""
        if self.expected is None:
            return None
        return min(1.0, self.rows / self.expected) if self.expected else 1.0


OnProgress = Callable[[Progress], None]
Clock = Callable[[], float]


@dataclass(slots=True)
class _Tally:
    """What is known of a load so far, also when it then fails."""

    read: int = 0
    touched: dict[str, Counter[str]] = field(default_factory=dict)


def sync_table(
    spec: TableSpec,
    settings: Settings,
    on_progress: OnProgress = lambda _progress: None,
    clock: Clock = time.monotonic,
    *,
    fingerprint: str | None = None,
) -> TableOutcome:
    """Replace the target's rows by the source's; raises nothing: a failure is an outcome.

    With a ``fingerprint`` nothing is loaded unless the plan still has it.
    """
    started = clock()
    tally = _Tally()
    try:
        load = _Load(spec, settings, on_progress, lambda: clock() - started, fingerprint, tally)
        plan, rows = load.run()
    except Exception as error:  # noqa: BLE001 - one table's failure never stops the others
        return TableOutcome(
            table=spec.key,
            target=str(spec.target),
            status=Status.FAILED,
            rows_read=tally.read,
            seconds=clock() - started,
            error=ErrorReport.of(error),
        )
    empty = () if rows else (_no_rows(plan),)
    return TableOutcome(
        table=spec.key,
        target=str(spec.target),
        status=Status.OK,
        rows_read=rows,
        rows_written=rows,
        seconds=clock() - started,
        consistency=plan.consistency.value,
        created=plan.create is not None,
        warnings=plan.warnings + empty,
        losses=tuple(plan.losses.items()),
        touched=tally.touched,
    )


def _no_rows(plan: SyncPlan) -> str:
    where = "no row that 'where' asks for" if plan.spec.where else "no rows"
    return f"{plan.spec.source} has {where}: {plan.spec.target} is empty now"


@dataclass(frozen=True, slots=True)
class _Load:
    """One table's load, and how often its texts are read until they are known exactly."""

    spec: TableSpec
    settings: Settings
    on_progress: OnProgress
    elapsed: Callable[[], float]
    fingerprint: str | None
    tally: _Tally

    def run(self) -> tuple[SyncPlan, int]:
        """Plan and load; returns how many rows.

        Where the driver may have altered texts, the table is read again with those columns as
        bytes; should another column turn up then, with all of them.
        """
        first: values.TextsAlteredError
        try:
            return self._attempt(frozenset())
        except values.TextsAlteredError as found:
            first = found
        try:
            return self._attempt(first.columns)
        except values.TextsAlteredError:
            return self._attempt(None)

    def _attempt(self, as_bytes: frozenset[str] | None) -> tuple[SyncPlan, int]:
        """Load the table with these texts (None: all) read as bytes, on new connections.

        The stream of an attempt that was given up ends with its connection.
        """
        self.tally.read = 0
        with (
            source.connect(source_settings(self.spec, self.settings)) as from_,
            target.connect(self.settings.target) as into,
        ):
            plan = make_plan(self.spec, from_, into)
            _require_unchanged(plan, self.fingerprint)
            exact = plan.reading_exactly(as_bytes)
            return plan, _refresh(
                exact, from_, into, self.on_progress, self.elapsed, tally=self.tally
            )


def _require_unchanged(plan: SyncPlan, fingerprint: str | None) -> None:
    """Stop where the schemas have drifted since the plan that somebody has looked at."""
    if fingerprint not in (None, plan.fingerprint):
        raise SchemaError(
            f"{plan.spec.source} or {plan.spec.target} has changed since the plan was made",
            hint="Nothing was changed. Look at a new plan: tableferry plan.",
        )


def source_settings(spec: TableSpec, settings: Settings) -> SourceSettings:
    """Return the connection settings of the table's source."""
    return settings.sources[spec.db_type]


def make_plan(
    spec: TableSpec, from_: source.SourceConnection, into: target.TargetConnection
) -> SyncPlan:
    """Ask both catalogs and plan; raises SchemaError where the two sides do not fit."""
    spec = spec.located_in(from_.settings.db)
    there = target.read_schema(into, spec.target)
    if there is None and not target.schema_exists(into, spec.target):
        raise SchemaError(
            f"There is no schema to create {spec.target} in",
            hint="CREATE SCHEMA it, or correct 'pg_table'.",
        )
    return plan_table(
        spec,
        source.read_schema(from_, spec.source),
        there,
        isolation=source.read_isolation(from_, spec.source.database),
        details=_details(spec, from_, creates=there is None),
        pg_version=into.version,
    )


def _details(spec: TableSpec, from_: source.SourceConnection, *, creates: bool) -> TableDetails:
    """Ask the source for what only a table to be created, or a key to be found, needs."""
    if creates:
        return source.read_details(from_, spec.source)
    return NO_DETAILS if spec.primary_key else source.read_keys(from_, spec.source)


def _refresh(
    plan: SyncPlan,
    from_: source.SourceConnection,
    into: target.TargetConnection,
    on_progress: OnProgress,
    elapsed: Callable[[], float],
    *,
    tally: _Tally,
) -> int:
    """Carry the rows and commit; returns how many."""
    spec = plan.spec
    convert = values.Converter(plan.columns, spec.on_invalid, spec.trailing_blanks)
    tally.touched = convert.touched
    reader = source.TableReader(from_, plan)
    with Prefetch(reader.batches(), from_.abandon) as batches:
        # The lock on the target is taken when the first rows are here, not while a slow source
        # still sorts: until then readers of the target notice nothing at all.
        first = list(itertools.islice(batches, 1))
        with target.open_load(into, plan, values.target_schema(plan.columns)) as load:
            rest: Iterator[pa.RecordBatch] = itertools.chain(first, batches)
            for batch in rest:
                tally.read += batch.num_rows
                load.write(convert(batch))
                on_progress(Progress(spec.key, load.rows, elapsed(), plan.estimated_rows))
            if load.rows != reader.rows:
                raise VerificationError(
                    f"{reader.rows:,} rows were read and {load.rows:,} written",
                    hint="The load was rolled back; the old rows stay. Please report this.",
                )
            load.prepare()
            columns = [column.source for column in plan.columns if not column.companion]
            source.require_unaltered(from_, spec.source, columns)
            load.publish()
            into.commit()
    return load.rows
