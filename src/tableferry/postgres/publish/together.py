"""Several loads that become visible in one transaction.

Foreign keys between them that are DEFERRABLE are checked when the rows of all are there. What locks
readers out comes last, and for all tables at once: nobody waits for one table while the
lock on another is not to be had.
"""

import datetime as dt
from collections.abc import Callable, Sequence

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger.seal import RETURNING, Seal, moments, sealing
from tableferry.postgres.locks import Asked, LockStep, retry_brief_locks
from tableferry.postgres.messages import Question, Rows
from tableferry.postgres.publish.load import Load


class Sealing:
    """The seals of tables that become visible together: what must be true if their rows are.

    They are sent with the COMMIT, or before readers are locked out; ``seals`` makes them at that
    moment. ``as_of`` are the tables' moments, once they are sealed (see ``seal``).
    """

    def __init__(self, seals: Callable[[], Sequence[Seal]] = tuple) -> None:
        self._make = seals
        self._seals: Sequence[Seal] = ()
        self._is_sealed = False
        self.as_of: Sequence[dt.datetime | None] = ()

    def before_locks(
        self, connection: TargetConnection, locks: Sequence[LockStep], waited_for: str
    ) -> None:
        """Seal them, and take locks that keep readers out; raises LeaseLostError as well."""
        steps = [one for one in locks if isinstance(one, Asked) and one.comes_first]
        rest = [one for one in locks if one not in steps]
        if seals := self._make():
            steps.append(Asked(self._questions, RETURNING * len(seals), self._note))
        with sealing(seals):
            retry_brief_locks(connection, [*steps, *rest], waited_for)

    def commit(self, connection: TargetConnection) -> None:
        """Commit, sealed; raises LeaseLostError, CommitUnknownError and others."""
        questions = [] if self._is_sealed else self._questions()
        with sealing(self._seals):
            answers = connection.commit(*questions)
        if not self._is_sealed:
            self._note(answers)

    def _questions(self) -> list[Question]:
        self._seals = self._make()
        return [question for seal in self._seals for question in seal.questions]

    def _note(self, answers: Sequence[Rows]) -> None:
        self.as_of = moments(self._seals, answers)
        self._is_sealed = True


def publish_all(
    connection: TargetConnection, loads: Sequence[Load], seals: Sealing | None = None
) -> None:
    """Publish these loads, all on this connection, in its transaction; the caller commits.

    What locks readers out is sealed before: when everything that takes long is done, and again
    where the locks are not to be had at once. The rest is sealed with the COMMIT. Raises
    TableferryError; staged loads may be published again then, when the transaction is rolled back.
    """
    connection.begin()
    if len(loads) > 1:
        # Rows of one table may refer to new rows of another, and no longer to ones that go.
        connection.execute("SET CONSTRAINTS ALL DEFERRED")
    for load in loads:
        load.publish()
    if len(loads) > 1:
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    locks = {load.target: load.locks() for load in loads}
    if asks := [ask for asked in locks.values() for ask in asked]:
        waited_for = ", ".join(target for target, asked in locks.items() if asked)
        connection.send_owed()  # what is waited for here may be given up
        (seals or Sealing()).before_locks(connection, asks, waited_for)
    for load in loads:
        load.expose()
