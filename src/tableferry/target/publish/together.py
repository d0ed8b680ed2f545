"""Several loads that become visible in one transaction.

What locks readers out comes last, and for all tables at once: nobody waits for one table while the
lock on another is not to be had.
"""

from collections.abc import Sequence

from tableferry.target.connection import TargetConnection
from tableferry.target.locks import ask_briefly
from tableferry.target.publish.load import Load
from tableferry.target.publish.swap import SwapLoad


def publish_all(connection: TargetConnection, loads: Sequence[Load]) -> None:
    """Publish these loads, all on this connection, in its transaction; whoever calls commits.

    Raises TableferryError; those that come by way of a staging table may be published again then,
    when the transaction is rolled back.
    """
    connection.begin()
    swaps = [load for load in loads if isinstance(load, SwapLoad)]
    for load in loads:
        if not isinstance(load, SwapLoad):
            load.publish()
    if swaps:
        asks = [ask for swap in swaps for ask in swap.asks()]
        ask_briefly(connection, asks, ", ".join(swap.target for swap in swaps))
        for swap in swaps:
            swap.change_places()
