"""The examination: every question in its order, each database once, then table by table.

A database that is down is one finding; the other side is examined all the same. Tables are asked
over connections of their own, since an error may leave one of no use.
"""

import contextlib
import time
from collections.abc import Iterator, Sequence

from tableferry import postgres, sqlserver
from tableferry.config import Settings, TableSpec
from tableferry.inspect.asking import Asking, OnAnswer, no_listener
from tableferry.inspect.check_report import TARGET
from tableferry.inspect.doctor.clocks import Reading
from tableferry.inspect.doctor.finding import Diagnosis, Finding
from tableferry.inspect.doctor.questions import About
from tableferry.inspect.doctor.source import SourceDatabase, examine_connection, source_clock
from tableferry.inspect.doctor.source_table import SourceTableQuestions
from tableferry.inspect.doctor.table import TableQuestions
from tableferry.inspect.doctor.target import TargetDatabaseQuestions, target_clock
from tableferry.inspect.doctor.target_load import TargetLoadQuestions
from tableferry.inspect.doctor.topics import Topic
from tableferry.runs.deadline import Clock


def examine(
    specs: Sequence[TableSpec],
    settings: Settings,
    clock: Clock = time.monotonic,
    *,
    on_answer: OnAnswer = no_listener,
) -> Diagnosis:
    """Ask everything that a sync of these tables will need; writes nothing and raises nothing.

    ``on_answer`` gets each Finding as it comes.
    """
    return _Examination(specs, settings, clock, on_answer).run()


class _Examination:
    """One call of ``examine``: what was found, which databases are down, the sources' clocks."""

    def __init__(
        self, specs: Sequence[TableSpec], settings: Settings, clock: Clock, on_answer: OnAnswer
    ) -> None:
        self._specs = specs
        self._settings = settings
        self._clock = clock
        self._on_answer = on_answer
        self._findings: list[Finding] = []
        self._down: set[str] = set()
        self._clocks: dict[str, Reading] = {}

    def run(self) -> Diagnosis:
        started = self._clock()
        sources = list(dict.fromkeys(spec.db_type for spec in self._specs))
        asked = len(sources) + 1 + len(self._specs)
        for number, name in enumerate(sources, 1):
            self._ask(Asking(name, number, asked), self._source(name))
        self._ask(Asking(TARGET, len(sources) + 1, asked), self._target())
        for number, spec in enumerate(self._specs, len(sources) + 2):
            self._ask(Asking(spec.key, number, asked), self._table(spec))
        return Diagnosis(tuple(self._findings), self._clock() - started)

    def _ask(self, asking: Asking, findings: Iterator[Finding]) -> None:
        self._on_answer(asking)
        for finding in findings:
            self._findings.append(finding)
            self._on_answer(finding)

    def _source(self, name: str) -> Iterator[Finding]:
        about, started = About(name), self._clock()
        try:
            from_ = sqlserver.connect(self._settings.sources[name])
        except Exception as error:  # noqa: BLE001 - one database's error does not hide the others
            self._down.add(name)
            yield about.failed(Topic.SOURCE_LOGIN, error)
            return
        with from_:
            yield from examine_connection(about, from_, self._clock() - started)
            for database, specs in self._databases(name).items():
                yield from SourceDatabase(about, from_, database, specs).examine()
            yield from about.asked(Topic.SOURCE_CLOCK, lambda: self._source_clock(about, from_))

    def _databases(self, name: str) -> dict[str, list[TableSpec]]:
        """Return the entries of a source, located, by the database that their tables are in."""
        found: dict[str, list[TableSpec]] = {}
        for spec in self._specs:
            if spec.db_type == name:
                located = spec.located_in(self._settings.sources[name].db)
                found.setdefault(located.source.database, []).append(located)
        return found

    def _source_clock(self, about: About, from_: sqlserver.SourceConnection) -> Iterator[Finding]:
        reading = self._clocks[about.subject] = source_clock(from_)
        yield _clock_finding(about, Topic.SOURCE_CLOCK, {"this machine's": reading})

    def _target(self) -> Iterator[Finding]:
        about, started = About(TARGET), self._clock()
        try:
            into = postgres.connect(self._settings.target)
        except Exception as error:  # noqa: BLE001 - likewise
            self._down.add(TARGET)
            yield about.failed(Topic.TARGET_LOGIN, error)
            return
        with into:
            seconds = self._clock() - started
            yield from TargetDatabaseQuestions(about, into, self._specs, seconds).examine()
            yield from about.asked(Topic.TARGET_CLOCK, lambda: self._target_clock(about, into))
            yield from TargetLoadQuestions(about, into, self._specs).examine()

    def _target_clock(self, about: About, into: postgres.TargetConnection) -> Iterator[Finding]:
        here = target_clock(into)
        others = {f"that of {name}": here.since(one) for name, one in self._clocks.items()}
        yield _clock_finding(about, Topic.TARGET_CLOCK, {"this machine's": here, **others})

    def _table(self, spec: TableSpec) -> Iterator[Finding]:
        about = About(spec.key)
        with contextlib.ExitStack() as connections:
            from_, into = None, None
            try:
                if spec.db_type not in self._down:
                    source = self._settings.sources[spec.db_type]
                    from_ = connections.enter_context(sqlserver.connect(source))
                if TARGET not in self._down:
                    into = connections.enter_context(postgres.connect(self._settings.target))
            except Exception as error:  # noqa: BLE001 - likewise
                yield about.failed(Topic.PLAN, error)
                return
            if from_ is not None:
                located = spec.located_in(from_.settings.db)
                yield from SourceTableQuestions(about, from_, located).examine()
            if from_ is not None and into is not None:
                questions = TableQuestions(about, from_, into, spec, self._settings, self._specs)
                yield from questions.examine()


def _clock_finding(about: About, topic: Topic, readings: dict[str, Reading]) -> Finding:
    differing = [f"{one} {whose}" for whose, one in readings.items() if one.differs]
    if differing:
        message = f"it is {' and '.join(differing)}"
        return about.warning(topic, message, "Synchronise all three machines by NTP")
    said = ", ".join(f"{one} {whose}" for whose, one in readings.items())
    return about.ok(topic, said)
