"""Making a load visible, all of it at once: one module a publishing strategy.

A ``Load`` is written to, prepared and published; then the caller commits. Until that COMMIT nobody
sees a row of it. ``STRATEGIES`` is the registry: a strategy that is listed here can be configured.
"""

from typing import Final

import pyarrow as pa

from tableferry.config import Publish
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.publish.absent_keys import AbsentKeys
from tableferry.postgres.publish.deleted_keys import (
    count_deleted,
    store_deleted_keys,
    store_key_texts,
)
from tableferry.postgres.publish.load import Load
from tableferry.postgres.publish.merge import MERGE
from tableferry.postgres.publish.merge_sql import Changes
from tableferry.postgres.publish.new_table import open_new_table
from tableferry.postgres.publish.part import Checkpoint, Part
from tableferry.postgres.publish.staging import (
    Staging,
    drop_staging,
    staging_name,
    was_cut_off,
)
from tableferry.postgres.publish.strategy import Opening, PublishStrategy
from tableferry.postgres.publish.swap import SWAP
from tableferry.postgres.publish.target_table import count_rows
from tableferry.postgres.publish.together import Sealing, publish_all
from tableferry.postgres.publish.truncate import TRUNCATE
from tableferry.values import RefusedRows

__all__ = [
    "MERGE",
    "STRATEGIES",
    "AbsentKeys",
    "Changes",
    "Checkpoint",
    "Load",
    "Part",
    "PublishStrategy",
    "Sealing",
    "Staging",
    "count_deleted",
    "count_rows",
    "drop_staging",
    "open_load",
    "publish_all",
    "staging_name",
    "store_deleted_keys",
    "store_key_texts",
    "strategies_for",
    "was_cut_off",
]

STRATEGIES: Final = {strategy.name: strategy for strategy in (SWAP, MERGE, TRUNCATE)}
"""Every publishing strategy by its name, in the order in which ``auto`` considers them."""


def strategies_for(publish: Publish) -> dict[str, PublishStrategy]:
    """Return the strategies that may be used where this is configured."""
    if publish is Publish.AUTO:
        return dict(STRATEGIES)
    return {publish.value: STRATEGIES[publish.value]}


def open_load(
    connection: TargetConnection,
    plan: SyncPlan,
    schema: pa.Schema,
    staging: Staging | None = None,
    refusals: RefusedRows | None = None,
    *,
    complete: bool = True,
    deletes: bool = False,
) -> Load:
    """Return the load that the plan asks for; entering it begins. Raises TableferryError.

    Nothing is locked before, but the rows of a table to be emptied are counted, which can take
    seconds. With ``refusals`` the rows that PostgreSQL refuses are kept aside there. A load that is
    not ``complete`` leaves the rows of the target that it does not hold as they are, but for those
    whose keys were stored as deleted, where it ``deletes``.
    """
    opening = Opening(connection, plan, schema, staging or Staging(), refusals, complete, deletes)
    if plan.create is not None:
        return open_new_table(opening, plan.create)
    return STRATEGIES[plan.publish].open(opening)
