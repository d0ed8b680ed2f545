"""Runs probes on a server, and tells what came of them."""

import contextlib
import re
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, Self

from live.answers import Answer, Answered, Failed, ask, refused_login
from live.databases import MARK, Databases, administer
from live.judge import Verdict, expected_of, judge, shown
from live.place import Facts, Place, has_need, names_of, read_facts
from live.probe import Batch, Expected, Probe, Rows, Session, Step, Succeeds
from live.refusals import is_forbidden, own_names
from live.servers import CannotRunError
from tableferry import sqlserver
from tableferry.errors import TableferryError, TransientError

NOBODY: Final = "Probe-1f6b"
"""The password of a login that a probe makes up: the server refuses it, whatever it is."""

SESSIONS: Final = 8
"""Batches that may run in the background of one probe at once."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one probe. Where it did not pass: the statements, what was expected and found.

    ``reason`` says why a probe was not run. Names of the server are hidden in all texts.
    """

    probe: Probe
    verdict: Verdict
    line: int = 0
    asked: str = ""
    expected: str = ""
    found: str = ""
    reason: str = ""


class Runner:
    """Runs probes on one server, in databases of their own; a context manager that drops them.

    ``facts`` is what the server says about itself. Opening raises TableferryError.
    """

    def __init__(self, place: Place) -> None:
        self._master = administer(place)
        self.facts = read_facts(self._master)
        self._place = replace(place, hidden=names_of(self._master))
        self._databases = Databases(place, self._master)

    def run(self, probe: Probe) -> Result:
        """Run one probe; raises TableferryError only where the server cannot be reached."""
        if self.facts.year is not None and self.facts.year not in probe.versions:
            return Result(probe, Verdict.NOT_RUN, reason="of another version")
        for need in probe.needs:
            if not has_need(self._master, need):
                return Result(probe, Verdict.NOT_RUN, reason=f"no {need}")
        try:
            name = self._databases.take(probe.database)
        except TransientError:
            raise
        except TableferryError as error:
            answer = refused_login(error, self._master.settings)
            text = self._place.scrubbed(shown(answer))
            made = "CREATE DATABASE and ALTER DATABASE, as the header asks"
            return Result(probe, judge(Succeeds(), answer), 0, made, "success", text)
        try:
            with contextlib.closing(_Sessions(self._place, name, _numbered(probe))) as sessions:
                return _run(probe, self.facts, sessions)
        finally:
            self._databases.give_back(name, probe.database, _statements(probe))

    def scrubbed(self, text: str) -> str:
        """Return a text without the server's names, and without those of our databases."""
        return self._place.scrubbed(re.sub(rf"{MARK}\w*", "$(database)", text))

    def __enter__(self) -> Self:
        try:
            # There is always one: another run sees by it that this one is going on.
            self._databases.give_back(self._databases.take(()), (), ())
        except TableferryError as error:
            self._master.close()
            if is_forbidden(0, error.message):
                raise CannotRunError(f"{error}: it needs CREATE ANY DATABASE") from None
            raise
        except BaseException:
            self._master.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with self._master:
            self._databases.close()


def _statements(probe: Probe) -> list[str]:
    return [step.sql for step in probe.steps if isinstance(step, Batch)]


def _numbered(probe: Probe) -> frozenset[str]:
    """Return the sessions whose numbers the statements name."""
    return frozenset(re.findall(r"\$\(session_(\w+)\)", "\n".join(_statements(probe))))


def _run(probe: Probe, facts: Facts, sessions: "_Sessions") -> Result:
    """Run the steps up to the first that does not answer as expected."""
    own = own_names(_statements(probe)) | sessions.names
    impersonates = False
    for step in probe.steps:
        answer = sessions.run(step)
        impersonates |= isinstance(step, Batch) and "EXECUTE AS" in step.sql.upper()
        expected: Expected | None = Succeeds()
        if step.expectations:
            expected = expected_of(step.expectations, facts.year)
        if answer is None or expected is None:
            continue
        verdict = judge(expected, answer, own, impersonates=impersonates)
        if verdict is Verdict.PASSED:
            continue
        asked = step.sql if isinstance(step, Batch) else f"(what {step.session.name} waited for)"
        reason = ""
        if verdict is Verdict.NOT_RUN:
            reason = "the login lacks a right"
        return Result(
            probe,
            verdict,
            step.line,
            asked or f"(session {step.session.name} begins)",
            shown(expected),
            sessions.scrubbed(shown(answer)),
            reason,
        )
    return Result(probe, Verdict.PASSED)


class _Sessions:
    """The connections of one probe, opened when they are first named.

    ``numbered`` are those whose numbers are asked for: one that waits cannot be asked.
    """

    def __init__(self, place: Place, database: str, numbered: frozenset[str]) -> None:
        self.names = frozenset({database})
        self._place = place
        self._database = database
        self._numbered = numbered
        self._open: dict[str, sqlserver.SourceConnection] = {}
        self._numbers: dict[str, str] = {}
        self._waited_for: dict[str, Future[Answer]] = {}
        self._threads = ThreadPoolExecutor(SESSIONS)

    def run(self, step: Step) -> Answer | None:
        """Return the answer to a step; None where nobody waits for it yet."""
        if not isinstance(step, Batch):
            return self._waited_for.pop(step.session.name).result()
        connection = self._connection(step.session)
        if isinstance(connection, Failed):
            return connection
        if not step.sql:
            return Answered()
        sql = self._filled(step.sql)
        wire = any(
            isinstance(one.expected, Rows) and one.expected.types for one in step.expectations
        )
        if step.background:
            future = self._threads.submit(ask, connection, sql, wire=wire)
            self._waited_for[step.session.name] = future
            return None
        return ask(connection, sql, wire=wire)

    def _connection(self, session: Session) -> sqlserver.SourceConnection | Failed:
        if session.name not in self._open:
            settings = self._place.settings(
                session.database or self._database,
                session.login,
                NOBODY if session.login else "",
            )
            try:
                connection = sqlserver.connect(settings)
            except TableferryError as error:
                return refused_login(error, settings)
            self._open[session.name] = connection
            if session.name in self._numbered:
                found = ask(connection, "SELECT @@SPID AS number", wire=False)
                if isinstance(found, Answered) and found.rows:
                    self._numbers[session.name] = found.rows[0][0]
        return self._open[session.name]

    def _filled(self, sql: str) -> str:
        for name, number in self._numbers.items():
            sql = sql.replace(f"$(session_{name})", number)
        return sql.replace("$(database)", self._database)

    def scrubbed(self, text: str) -> str:
        return self._place.scrubbed(text.replace(self._database, "$(database)"))

    def close(self) -> None:
        """Close all connections; what still waits in the background ends with its session."""
        waiting = [name for name, future in self._waited_for.items() if not future.done()]
        for name in [*(one for one in self._open if one not in waiting), *waiting]:
            if name not in waiting:
                self._open[name].close()
        self._threads.shutdown()
        for name in waiting:
            self._open[name].close()
        self._open.clear()


def counted(results: Iterable[Result]) -> dict[str, dict[Verdict, int]]:
    """Return how many probes of each area came out how."""
    table: dict[str, dict[Verdict, int]] = {}
    for result in results:
        area = table.setdefault(result.probe.area, dict.fromkeys(Verdict, 0))
        area[result.verdict] += 1
    return table
