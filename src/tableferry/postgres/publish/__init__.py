"""Making a load visible, all of it at once: one module a way.

A ``Load`` is written to, prepared and published; then whoever began it commits. Until that COMMIT
nobody sees a row of it. A ``StagedLoad`` comes by way of a staging table, which also takes its
rows in parts, and which another run can go on filling.
"""

import pyarrow as pa

from tableferry.config import Publish
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.publish.load import Load, StagedLoad
from tableferry.postgres.publish.merge import MergeLoad
from tableferry.postgres.publish.merge_sql import Changes
from tableferry.postgres.publish.staging import (
    Checkpoint,
    Part,
    Staging,
    drop_staging,
    staging_name,
    was_cut_off,
)
from tableferry.postgres.publish.swap import SwapLoad
from tableferry.postgres.publish.target_table import count_old_rows
from tableferry.postgres.publish.together import publish_all
from tableferry.postgres.publish.truncate import TruncateLoad
from tableferry.values import RefusedRows

__all__ = [
    "Changes",
    "Checkpoint",
    "Load",
    "Part",
    "StagedLoad",
    "Staging",
    "drop_staging",
    "open_load",
    "publish_all",
    "staging_name",
    "was_cut_off",
]


def open_load(
    connection: TargetConnection,
    plan: SyncPlan,
    schema: pa.Schema,
    staging: Staging | None = None,
    refusals: RefusedRows | None = None,
) -> Load:
    """Return the load that the plan asks for; entering it begins. Raises TableferryError.

    Nothing is locked before, but the rows of a table to be emptied are counted, which can take
    seconds.

    It is a StagedLoad for ``swap`` and ``merge``, but for a table that is created and filled by
    one stream: nobody reads it yet. With ``refusals`` the rows that PostgreSQL refuses are kept
    aside there.
    """
    in_parts = staging is not None and (staging.parts or staging.resumed is not None)
    if plan.spec.publish is Publish.TRUNCATE or (plan.create and not in_parts):
        old = count_old_rows(connection, plan)
        return TruncateLoad(connection, plan, schema, old, refusals)
    if plan.spec.publish is Publish.SWAP and plan.create is None:
        return SwapLoad(connection, plan, schema, staging or Staging(), refusals)
    return MergeLoad(connection, plan, schema, staging or Staging(), refusals)
