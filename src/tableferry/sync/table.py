"""One table's load: the order of its steps, written once.

plan -> read ahead -> convert -> write -> compare the counts -> prepare -> compare the columns.
Then ``sync.publishing`` makes it visible. Nothing in the target is touched before the first rows
(or the source's "there are none") are here; whatever fails before the commit leaves the old rows.
"""

import contextlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tableferry import source, target, values
from tableferry.details import NO_DETAILS, TableDetails
from tableferry.errors import SchemaError, VerificationError
from tableferry.plan import SyncPlan, plan_table
from tableferry.settings import Settings, SourceSettings
from tableferry.spec import OnInvalid, TableSpec
from tableferry.sync.claim import Claim, NoClaim
from tableferry.sync.deadline import Deadline
from tableferry.sync.prefetch import Prefetch
from tableferry.sync.progress import OnProgress, Progress


@dataclass(slots=True)
class Tally:
    """What is known of a table's sync so far, also when it then fails.

    ``exactly`` names the source columns whose texts are to be read as bytes, because the driver
    may have altered them; None: all. ``refusals`` are the rows that go into quarantine, where the
    specification has one.
    """

    attempts: int = 0
    failed: bool = False
    read: int = 0
    bytes: int = 0
    touched: dict[str, Counter[str]] = field(default_factory=dict)
    refusals: values.Refusals | None = None
    exactly: frozenset[str] | None = frozenset()
    retried: list[str] = field(default_factory=list)

    def begin_attempt(self) -> None:
        """Count another try; what the last one read is of no interest any more."""
        self.attempts += 1
        self.read = self.bytes = 0

    def read_exactly(self, columns: frozenset[str]) -> None:
        """Let these columns be read as bytes; should more turn up later, all of them."""
        self.exactly = None if self.exactly else columns


@dataclass(frozen=True, slots=True)
class Task:
    """One table to be carried: what is wanted, and what it is done with.

    With a ``fingerprint`` nothing is loaded unless the plan still has it. ``elapsed`` tells the
    seconds since the table was begun.
    """

    spec: TableSpec
    settings: Settings
    elapsed: Callable[[], float]
    deadline: Deadline
    on_progress: OnProgress = lambda _progress: None
    fingerprint: str | None = None
    claim: Claim = field(default_factory=NoClaim)
    tally: Tally = field(default_factory=Tally)

    def told(self, phase: str, rows: int, expected: int | None) -> None:
        """Tell everybody how far it is; raises LeaseLostError where another run has taken over."""
        self.on_progress(Progress(self.spec.key, rows, self.elapsed(), expected))
        self.claim.progress(phase, self.tally.read, rows)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A table whose rows are all there and that is ready to be published."""

    task: Task
    plan: SyncPlan
    load: target.Load
    rows: int
    warnings: tuple[str, ...] = ()
    refused: Sequence[values.Refusal] = ()

    @property
    def read(self) -> int:
        """Rows that the server sent: each was written or refused."""
        return self.rows + len(self.refused)


def load_table(task: Task, into: target.TargetConnection, stack: contextlib.ExitStack) -> Loaded:
    """Plan the table and load it; what it leaves open ends with the stack.

    Raises TableferryError, and TextsAlteredError where it is to be read again: ``task.tally``
    knows then which columns exactly.
    """
    task.tally.begin_attempt()
    task.claim.begin_attempt(into)
    from_ = stack.enter_context(source.connect(source_settings(task.spec, task.settings)))
    plan = make_plan(task.spec, from_, into)
    _require_unchanged(plan, task.fingerprint)
    try:
        exact = plan.reading_exactly(task.tally.exactly)
        task.claim.planned(exact, task.tally.attempts)
        return _load(task, exact, from_, into, stack)
    except values.TextsAlteredError as found:
        task.tally.read_exactly(found.columns)
        raise


def _load(
    task: Task,
    plan: SyncPlan,
    from_: source.SourceConnection,
    into: target.TargetConnection,
    stack: contextlib.ExitStack,
) -> Loaded:
    spec, refusals = plan.spec, _refusals(plan.spec)
    course = task.claim.course(into, plan, lambda: source.cut_table(from_, plan))
    convert = values.Converter(plan.columns, spec.on_invalid, spec.trailing_blanks, refusals)
    task.tally.touched, task.tally.refusals = convert.touched, refusals
    reader = source.TableReader(from_, plan)
    with Prefetch(reader.batches(), from_.abandon) as batches:
        # The lock on the target is taken when the first rows are here, not while a slow source
        # still sorts: until then readers of the target notice nothing at all.
        first = list(itertools.islice(batches, 1))
        schema = values.target_schema(plan.columns)
        load = stack.enter_context(target.open_load(into, plan, schema, course.staging, refusals))
        rest: Iterator[pa.RecordBatch] = itertools.chain(first, batches)
        for batch in rest:
            task.deadline.check()
            task.tally.read += batch.num_rows
            task.tally.bytes += batch.nbytes
            load.write(convert(batch))
            task.told("load", load.rows, plan.estimated_rows)
        refused = refusals.rows if refusals else []
        if load.rows + len(refused) != reader.rows:
            aside = f" and {len(refused):,} refused" if refused else ""
            raise VerificationError(
                f"{reader.rows:,} rows were read, {load.rows:,} written{aside}",
                hint="The load was rolled back; the old rows stay. Please report this.",
            )
    task.claim.progress("prepare", reader.rows, load.rows)
    load.prepare()
    columns = [column.source for column in plan.columns if not column.companion]
    source.require_unaltered(from_, plan.spec.source, columns)
    return Loaded(task, plan, load, load.rows, course.warnings, refused)


def _refusals(spec: TableSpec) -> values.Refusals | None:
    """Return the place for refused rows, None where one fails the load."""
    if spec.on_invalid is not OnInvalid.QUARANTINE:
        return None
    return values.Refusals(spec.primary_key, spec.max_invalid)


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
    there = target.read_schema(into, spec.target, spec.publish)
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
