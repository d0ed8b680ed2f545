"""Several loads that become visible in one transaction.

Foreign keys between them that are DEFERRABLE are checked when the rows of all are there. What locks
readers out comes last, and for all tables at once: nobody waits for one table while the
lock on another is not to be had.
"""

from collections.abc import Callable, Sequence

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.locks import retry_brief_locks
from tableferry.postgres.publish.load import Load


def publish_all(
    connection: TargetConnection,
    loads: Sequence[Load],
    seal: Callable[[], None] = lambda: None,
) -> None:
    """Publish these loads, all on this connection, in its transaction; the caller commits.

    ``seal`` writes in that transaction what must be true with the rows: when everything that takes
    long is done, but before readers are locked out, and again where the locks are not to be had at
    once. Raises TableferryError; staged loads may be published again then, when
    the transaction is rolled back.
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
        retry_brief_locks(connection, [seal, *asks], waited_for)
    else:
        seal()
    for load in loads:
        load.expose()
