"""Since when the ledger knows tables: what tells a new table of a pattern from one of old."""

from collections.abc import Sequence
from typing import Final

from tableferry.errors import TableferryError, TransientError
from tableferry.postgres.connection import TargetConnection

_READ: Final = """\
SELECT table_key, extract(epoch FROM clock_timestamp() - min(started_at))::float8
FROM tableferry.table_runs WHERE table_key = ANY(%b::text[]) GROUP BY table_key"""


def read_first_runs(connection: TargetConnection, keys: Sequence[str]) -> dict[str, float]:
    """Return how many seconds ago the first recorded run of each table began, by its key.

    Without those of which no run is recorded, and empty where there is no ledger, or where this
    role may not read it. Raises TransientError.
    """
    try:
        return dict(connection.rows(_READ, (list(keys),)))
    except TransientError:
        raise
    except TableferryError:
        return {}
