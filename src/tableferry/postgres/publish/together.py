"""Several loads that become visible in one transaction.

What locks readers out comes last, and for all tables at once: nobody waits for one table while the
lock on another is not to be had.
"""

from collections.abc import Callable, Sequence

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.locks import ask_briefly
from tableferry.postgres.publish.load import Load
from tableferry.postgres.publish.swap import SwapLoad


def publish_all(
    connection: TargetConnection,
    loads: Sequence[Load],
    seal: Callable[[], None] = lambda: None,
) -> None:
    """Publish these loads, all on this connection, in its transaction; whoever calls commits.

    ``seal`` writes in that transaction what must be true with the rows: when all that takes long is
    done, but before readers are locked out, and again where the locks are not to be had at once.
    Raises TableferryError; those that come by way of a staging table may be published again then,
    when the transaction is rolled back.
    """
    connection.begin()
    swaps = [load for load in loads if isinstance(load, SwapLoad)]
    for load in loads:
        if not isinstance(load, SwapLoad):
            load.publish()
    if not swaps:
        seal()
        return
    asks = [ask for swap in swaps for ask in swap.asks()]
    ask_briefly(connection, [seal, *asks], ", ".join(swap.target for swap in swaps))
    for swap in swaps:
        swap.change_places()
