"""Tables verified in their order, each with a verdict; one table's error does not stop the next.

What was found is written to the ledger: counts, no keys and no values.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import uuid4

from tableferry.config import LOGIN_REFUSED, SOURCE_LOGIN_REFUSED, Settings, TableSpec
from tableferry.errors import ErrorReport, TransientError
from tableferry.runs.events import Listener, OnEvent, Retrying, TableStarted, TableVerified
from tableferry.runs.retry import Retries
from tableferry.runs.run_options import DEFAULT_OPTIONS, RunOptions
from tableferry.runs.task import Task
from tableferry.runs.verification_log import VerificationLog
from tableferry.runs.verify_table import repair_of, verify_table
from tableferry.verification import options as verify_options
from tableferry.verification.options import VerifyOptions
from tableferry.verification.result import TableVerification, Verdict, Verification

OnAnswer = Callable[[TableVerification], None]

_TARGET: Final = ""
"""The target's key in ``refused``, where each source has its ``db_type``: never empty."""


def verify_tables(
    specs: Sequence[TableSpec],
    settings: Settings,
    wanted: VerifyOptions = verify_options.DEFAULT_OPTIONS,
    *,
    on_event: OnEvent | None = None,
    on_answer: OnAnswer = lambda _found: None,
    options: RunOptions = DEFAULT_OPTIONS,
) -> Verification:
    """Verify the tables in order; raises no Exception: what fails is a table's verdict.

    ``on_event`` receives events, ``on_answer`` each table's verification as it comes. Of the
    ``options`` the deadline, the retries and the run's id count.
    """
    started = options.clock()
    run_id = options.run_id or uuid4()
    listener = Listener(on_event)
    with VerificationLog(settings.target, run_id) as log:
        verifier = _Verifier(settings, wanted, options, listener, specs, log)
        tables = []
        for number, spec in enumerate(specs, 1):
            listener.tell(TableStarted(spec.key, str(spec.target), number, len(specs)))
            found = verifier.verify(spec)
            listener.tell(TableVerified(found))
            on_answer(found)
            tables.append(found)
        warnings = listener.take_warnings()
    return Verification(tuple(tables), options.clock() - started, str(run_id), warnings)


@dataclass(slots=True)
class _Verifier:
    """What all tables of a verification share. ``refused`` are the databases' refused logins.

    A login that was refused once is not tried again for the next table: servers lock accounts.
    """

    settings: Settings
    wanted: VerifyOptions
    options: RunOptions
    listener: Listener
    specs: Sequence[TableSpec]
    log: VerificationLog
    refused: dict[str, ErrorReport] = field(default_factory=dict)

    def verify(self, spec: TableSpec) -> TableVerification:
        """Verify one table, and write down what was found."""
        known = self.refused.get(spec.db_type) or self.refused.get(_TARGET)
        if known:
            return TableVerification(
                spec.key,
                str(spec.target),
                Verdict.NOT_VERIFIED,
                self.wanted.depth,
                reason="its database has refused the login",
                error=known,
            )
        task = self._task(spec)
        repair = repair_of(task, self.options) if self.wanted.repair else None
        found = verify_table(task, self.wanted, self._retries(spec), repair)
        if found.error and found.error.code in LOGIN_REFUSED:
            side = spec.db_type if found.error.code in SOURCE_LOGIN_REFUSED else _TARGET
            self.refused[side] = found.error
        return replace(found, warnings=found.warnings + self.log.write(spec, found))

    def _task(self, spec: TableSpec) -> Task:
        clock, started = self.options.clock, self.options.clock()
        return Task(
            spec=spec,
            settings=self.settings,
            elapsed=lambda: clock() - started,
            deadline=self.options.deadline,
            on_event=self.listener.tell,
            others=tuple(other for other in self.specs if other.key != spec.key),
        )

    def _retries(self, spec: TableSpec) -> Retries:
        def announce(error: TransientError, pause: float) -> None:
            self.options.retries.on_retry(error, pause)
            self.listener.tell(Retrying(spec.key, ErrorReport.of(error), pause))

        return replace(self.options.retries, on_retry=announce)
