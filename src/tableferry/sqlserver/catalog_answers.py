"""What the source's catalog says of the tables of a run: asked for many at once, for a while.

Most tables of a run are small, and asking the catalog about one takes as long as reading it. So the
first table that asks a question has it asked for those that come after it, too. The answers are
thrown away after ``LASTS_SECONDS``, for the catalog may change while a run goes on; what changes
within that time is found when the rows have been read (``require_unaltered``), or by an error, and
the table is then planned again with answers of its own (``forget``).
"""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tableferry.errors import TableferryError, TransientError
from tableferry.model.identifiers import SourceTable
from tableferry.sqlserver.connection import SourceConnection
from tableferry.sqlserver.questions import Question, Rows, rows_if_supported

LASTS_SECONDS: Final = 60.0
"""For how long an answer counts (decision 51): as long as a large table takes anyway between its
plan and the end of its reading, and 200 small tables take a fifth of it."""

TABLES_A_STATEMENT: Final = 100
"""How many tables one statement asks about. A name of three parts, in brackets, is up to 400
characters, so a statement has 80,000 at most; SQL Server compiles one of 100 short names in
milliseconds, and a table of values takes 1,000 rows at most ("Table Value Constructor")."""


@dataclass(frozen=True, slots=True)
class _Answer:
    rows: Rows
    at: float


class CatalogAnswers:
    """The answers about the tables of one source; all of it may be used by any thread.

    ``tables`` are asked about together, in this order; any other is asked about by itself.
    """

    def __init__(
        self,
        tables: Iterable[SourceTable] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._together = tuple(dict.fromkeys(tables))
        self._places = {table: place for place, table in enumerate(self._together)}
        self._clock = clock
        self._asking = threading.Lock()
        self._answers: dict[SourceTable, dict[Question, _Answer]] = {}
        self._once: dict[str, _Answer] = {}
        self._many: dict[Question, int] = {}
        # None stands for every question: a lock stops whatever is asked about its table.
        self._apart: dict[Question | None, float] = {}

    def rows(self, connection: SourceConnection, question: Question, table: SourceTable) -> Rows:
        """Return the answer about a table, asked now or a while ago; raises TableferryError."""
        if (known := self._known(question, table)) is not None:
            return known
        if self._is_asked_apart(question, table):
            return self._ask_alone(connection, question, table)
        with self._asking:  # the others wait for the answers, which are theirs as well
            known = self._known(question, table)
            if known is None and not self._is_asked_apart(question, table):
                known = self._ask_together(connection, question, table)
        return self._ask_alone(connection, question, table) if known is None else known

    def rows_if_supported(
        self, connection: SourceConnection, question: Question, table: SourceTable
    ) -> Rows:
        """Do as ``rows``; no rows where the server does not support the question."""
        try:
            return self.rows(connection, question, table)
        except TransientError:
            raise
        except TableferryError:
            return []

    def once(self, connection: SourceConnection, sql: str, columns: Sequence[str]) -> Rows:
        """Return what a query about no table answers; no rows where it is not supported.

        Raises TransientError.
        """
        known = self._once.get(sql)
        if known is None or not self._is_fresh(known.at):
            at = self._clock()
            known = self._once[sql] = _Answer(rows_if_supported(connection, sql, columns), at)
        return known.rows

    def now(self) -> float:
        """Return the moment, for ``has_older``."""
        return self._clock()

    def has_older(self, table: SourceTable, moment: float) -> bool:
        """Whether what began at the moment may have used an answer that was given before it."""
        known = list(self._answers.get(table, {}).values())  # other threads add to it
        return any(0 < moment - answer.at < LASTS_SECONDS for answer in known)

    def forget(self, table: SourceTable) -> None:
        """Have a table asked about anew, by itself: what is known of it may have changed."""
        with self._asking:
            self._places.pop(table, None)
            self._answers.pop(table, None)
            self._once.clear()

    def _known(self, question: Question, table: SourceTable) -> Rows | None:
        answer = self._answers.get(table, {}).get(question)
        return answer.rows if answer is not None and self._is_fresh(answer.at) else None

    def _is_fresh(self, at: float) -> bool:
        return self._clock() - at < LASTS_SECONDS

    def _is_asked_apart(self, question: Question, table: SourceTable) -> bool:
        refused = (self._apart.get(one) for one in (question, None))
        return table not in self._places or any(
            at is not None and self._is_fresh(at) for at in refused
        )

    def _ask_alone(
        self, connection: SourceConnection, question: Question, table: SourceTable
    ) -> Rows:
        at = self._clock()
        rows = question.ask(connection, [table])[table]
        self._keep(question, table, _Answer(rows, at))
        return rows

    def _ask_together(
        self, connection: SourceConnection, question: Question, table: SourceTable
    ) -> Rows | None:
        """Ask about the table and those after it; None where each has to be asked about alone.

        The reason may be one of the others: a name that the server does not take, or one that
        another session has locked. Then none of them may wait or fail for it.
        """
        group = self._group(question, table)
        at = self._clock()
        if len(group) == 1:
            return None
        try:
            found = question.ask(connection, group)
        except TableferryError as error:
            # From the end of a wait on: it may have taken longer than the answers last.
            self._apart[None if isinstance(error, TransientError) else question] = self._clock()
            return None
        for asked, rows in found.items():
            self._keep(question, asked, _Answer(rows, at))
        return found[table]

    def _group(self, question: Question, table: SourceTable) -> list[SourceTable]:
        """Return the table, and those of its database that are still to come.

        Those before it were asked about, unless another thread is about to.
        A question that not every plan asks is asked about more tables each time: of what it costs
        the server, at most half is then for tables that do not need it.
        """
        most = TABLES_A_STATEMENT
        if not question.by_all:
            most = min(most, 2 ** self._many.get(question, 0))
            self._many[question] = self._many.get(question, 0) + 1
        here = self._places[table]
        after = (one for one in self._together[here + 1 :] if self._known(question, one) is None)
        before = (
            one for one in self._together[:here] if question not in self._answers.get(one, {})
        )
        others = (
            one
            for one in itertools.chain(before, after)
            if one.database == table.database and one in self._places
        )
        return [table, *itertools.islice(others, most - 1)]

    def _keep(self, question: Question, table: SourceTable, answer: _Answer) -> None:
        self._answers.setdefault(table, {})[question] = answer
