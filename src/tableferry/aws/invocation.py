"""One Lambda invocation: its run's identity and deadline, and where it reports to."""

import time
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from tableferry.aws.alerts import SnsTopic, alert_of
from tableferry.aws.clients import Clients
from tableferry.aws.continuation import Continuation
from tableferry.aws.event_facts import facts_of
from tableferry.aws.load_config import LoadConfig
from tableferry.aws.log import JsonLog
from tableferry.aws.metrics import Metrics
from tableferry.aws.report_page import PageFolder
from tableferry.aws.tracing import Tracing
from tableferry.config import Reporting, load_reporting
from tableferry.errors import ConfigError, ErrorReport, TableferryError
from tableferry.frontend.execute import RunCallbacks
from tableferry.frontend.exit_codes import ALL_OK
from tableferry.frontend.request import SYNCS, Operation, Request
from tableferry.frontend.response import Response, Result
from tableferry.runs.deadline import NEVER, Deadline
from tableferry.runs.events import Event, TableFinished, TableVerified
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tableferry.states.report import StatusReport
from tableferry.verification.result import TableVerification, Verdict, Verification

MARGIN_SECONDS: Final = 10.0
"""Reserved for the rollback, the ledger's entry and the answer."""


PAGE_SECONDS: Final = 6.0
"""The least time that is left when a status page is begun: a function that outlasts its time is
killed, and invoked again for a run that had ended."""

ALERTING: Final = (*SYNCS, Operation.VERIFY)
"""The modes whose failures people are alerted of: a check or a plan has somebody who asked."""

LOG_SECONDS: Final = 10.0
"""Between two lines about a table that is being loaded: logs cost money."""


def deadline_of(context: Any) -> Deadline:
    """Return when a run must have ended: ``NEVER`` outside of Lambda."""
    left = getattr(context, "get_remaining_time_in_millis", None)
    if left is None:
        return NEVER
    return Deadline.after(max(0.0, left() / 1000 - MARGIN_SECONDS))


@dataclass(slots=True)
class Invocation:
    """An invocation with its log, metrics, traces, alerts and continuation.

    ``about`` names the function, the run and the request in an alert. ``request`` is set once the
    event has been checked. ``next_line`` is when the next line about a table is due in the log, on
    the monotonic clock. ``jobs`` is the setting of this name.
    """

    log: JsonLog
    metrics: Metrics
    topic: SnsTopic | None
    run_id: UUID
    deadline: Deadline
    about: str
    tracing: Tracing | None = None
    continuation: Continuation | None = None
    pages: PageFolder | None = None
    request: Request | None = None
    next_line: dict[str, float] = field(default_factory=dict)
    jobs: int | None = None

    @classmethod
    def of(cls, context: Any) -> "Invocation":
        """Read Lambda's context (None elsewhere) and the environment."""
        try:
            reporting = load_reporting()
        except ConfigError:
            reporting = Reporting()  # the request is refused for it later, with every problem
        run_id = uuid4()
        service = str(getattr(context, "function_name", "")) or "tableferry"
        request_id = str(getattr(context, "aws_request_id", ""))
        facts = {"run_id": str(run_id), "request_id": request_id}
        if reporting.trace_id:
            facts["trace_id"] = reporting.trace_id
        function = str(getattr(context, "invoked_function_arn", ""))
        continues = reporting.continues and function
        folder = reporting.report_folder
        pages = PageFolder(folder, run_id, Clients()) if folder else None
        return cls(
            log=JsonLog(reporting.log_level, facts=facts),
            metrics=Metrics(service, facts),
            topic=SnsTopic(reporting.alert_topic, Clients()) if reporting.alert_topic else None,
            run_id=run_id,
            deadline=deadline_of(context),
            tracing=Tracing.of(reporting, str(run_id)),
            continuation=Continuation(function, Clients()) if continues else None,
            jobs=reporting.jobs,
            pages=pages,
            about=f"function {service}, run {run_id}, request {request_id or '(none)'}",
        )

    def begun(self, request: Request) -> None:
        """Log that a checked request is being executed."""
        self.request = request
        self.log.info("run started", mode=request.mode, tables=request.tables or "all")

    @property
    def callbacks(self) -> RunCallbacks:
        """Callbacks that log and measure every table, and log what it does meanwhile."""
        return RunCallbacks(self.event)

    def event(self, event: Event) -> None:
        """Log a run's event: a table's end, and while it goes on a line every LOG_SECONDS.

        At DEBUG there is a line for every event.
        """
        if isinstance(event, TableFinished):
            self.next_line.pop(event.table, None)
            self.table_ended(event.outcome)
            return
        if isinstance(event, TableVerified):
            self.next_line.pop(event.table, None)
            self.table_verified(event.verification)
            return
        now = time.monotonic()
        due = self.next_line.setdefault(event.table, now + LOG_SECONDS)
        write = self.log.debug
        if now >= due:
            self.next_line[event.table] = now + LOG_SECONDS
            write = self.log.info
        line, facts = facts_of(event)
        write(line, table=event.table, **facts)

    def ended(self, response: Response, result: Result | None) -> None:
        """Log and measure the ending, continue the run, alert people; raises no TableferryError."""
        body = response.body
        facts = {key: body[key] for key in ("totals", "error") if key in body}
        write = self.log.info if response.ending is ALL_OK else self.log.error
        write("run ended", status_code=response.status_code, **facts)
        if isinstance(result, RunOutcome):
            self.metrics.run(result)
            self._continue(result)
        elif isinstance(result, Verification):
            self.metrics.verification(result)
        elif isinstance(result, StatusReport) and self._is_of_all:
            self.metrics.status(result)
        if self.topic is None or (self.request and self.request.mode not in ALERTING):
            return
        subject = result if isinstance(result, RunOutcome | Verification) else response.error
        has_page = self.pages is not None and not isinstance(subject, ErrorReport)
        about = f"{self.about}\n{self.pages.about}" if self.pages and has_page else self.about
        alert = alert_of(subject, about) if subject else None
        if alert is None:
            return
        try:
            self.topic.publish(alert)
        except TableferryError as error:
            self._log_error("alert not sent", error)

    @property
    def _is_of_all(self) -> bool:
        """Whether the request is about every table: a status of some must not end an alarm."""
        return self.request is not None and self.request.tables is None

    def write_page(self, load_config: LoadConfig) -> None:
        """Write the status page of all tables, where that is configured; raises no Exception.

        To be called after ``ended``: a database that does not answer must not keep an alert from
        being sent.
        """
        if self.pages is None:
            return
        left = self.deadline.remaining
        if left is not None and left + MARGIN_SECONDS < PAGE_SECONDS:
            self.log.warning("status page not written", reason="the invocation is about to end")
            return
        try:
            self.pages.write(load_config(None))
        except Exception as error:  # noqa: BLE001 - a page is not worth a run
            self.log.error("status page not written", error=ErrorReport.of(error).to_dict())  # noqa: TRY400 - not a logging.Logger
        else:
            self.log.info("status page written", bucket=self.pages.bucket, key=self.pages.key)

    def _continue(self, run: RunOutcome) -> None:
        """Invoke the function again for the tables that are left, where that is configured."""
        if self.continuation is None or self.request is None:
            return
        try:
            if line := self.continuation.follow(self.request, run):
                self.log.info(line)
        except TableferryError as error:
            self._log_error("not continued", error)

    def _log_error(self, event: str, error: TableferryError) -> None:
        facts = {"message": error.message, "hint": error.hint}
        self.log.error(event, **facts)

    def table_verified(self, found: TableVerification) -> None:
        """Log and measure a table's verification: counts, no keys and no values."""
        write = self.log.error if found.verdict is Verdict.DIFFERS else self.log.info
        write("table verified", **found.to_dict(rows=False))
        self.metrics.table_verified(found)

    def table_ended(self, outcome: TableOutcome) -> None:
        """Log, measure and trace a table's outcome."""
        write = self.log.error if outcome.status is Status.FAILED else self.log.info
        write("table ended", **outcome.to_dict())
        self.metrics.table(outcome)
        if self.tracing is None or outcome.status is Status.SKIPPED:
            return
        try:
            self.tracing.table(outcome)
        except OSError as error:
            self.log.warning("not traced", table=outcome.table, error=type(error).__name__)
