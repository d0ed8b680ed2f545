"""What an earlier attempt has built on a shadow: its indexes and keys, as the inventory tells them.

So one that is as it will be wanted need not be built again: that may take as long as the load.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, LiteralString

from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.publish.inventory import own
from tableferry.postgres.publish.inventory.body import BODY, parameters_of

_BUILT: Final[LiteralString] = f"""\
{BODY}, {own.INDEXES}
SELECT x.name, x.contype IS NOT NULL, {own.MAKE_INDEX}, {own.MAKE_KEY} FROM index x"""


@dataclass(frozen=True, slots=True)
class Built:
    """The statements that made what is to be kept, and those that drop the rest."""

    made: frozenset[str]
    drops: tuple[str, ...]


def read_built(connection: TargetConnection, shadow: TargetTable, wanted: Collection[str]) -> Built:
    """Read it in the open transaction, where names are qualified; ``wanted`` are statements.

    An index is kept with its key, or without one that it has not got yet.
    """
    ((oid,),) = connection.rows("SELECT %s::regclass::oid", (shadow.sql,))
    made: set[str] = set()
    drops = []
    for name, is_key, *statements in connection.rows(_BUILT, parameters_of([(oid, shadow, None)])):
        making = {sql for sql in statements if sql is not None}
        if making <= set(wanted):
            made |= making
        elif is_key:
            drops.append(f"ALTER TABLE {shadow.sql} DROP CONSTRAINT {quote_pg(name)}")
        else:
            drops.append(f"DROP INDEX {TargetTable(shadow.schema, name).sql}")
    return Built(frozenset(made), tuple(drops))
