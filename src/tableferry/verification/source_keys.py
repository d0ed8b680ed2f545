"""Keys that the source is asked for, as the texts of differences."""

import contextlib
from collections.abc import Callable, Iterator

import pyarrow as pa

from tableferry import sqlserver, values
from tableferry.modes import mode_of
from tableferry.modes.extract import Ask
from tableferry.planning.plan import SyncPlan
from tableferry.transfer.prefetch import Prefetch
from tableferry.transfer.silence import silence_limit
from tableferry.verification.by_key import encoded_rows, texts_of_key
from tableferry.verification.compared import Compared
from tableferry.verification.differences import Key
from tableferry.verification.sides import Sides

SelectOf = Callable[[Ask], str]
"""Returns the SELECT of keys, with the result columns of ``plan.of_key()``; it may ask first."""


def source_keys(plan: SyncPlan, sides: Sides, select_of: SelectOf) -> Iterator[Key]:
    """Yield the keys that a SELECT returns; where the mode needs it, all is asked at one moment.

    Raises what ``select_of`` raises, values.TextsAlteredError as a load does, TableferryError.
    """
    of_key = plan.of_key()
    compared = Compared.of(of_key)
    convert = values.key_converter(of_key.columns, of_key.spec)
    with _read(plan, sides, select_of) as batches:
        for batch in batches:
            for row in encoded_rows(compared, convert(batch)):
                yield texts_of_key(compared, row)


def _read(
    plan: SyncPlan, sides: Sides, select_of: SelectOf
) -> contextlib.AbstractContextManager[Iterator[pa.RecordBatch]]:
    mode = mode_of(plan.spec)
    opened: list[sqlserver.SourceConnection] = []

    def ask() -> Iterator[pa.RecordBatch]:
        with sides.open_source() as connection:
            opened.append(connection)
            if mode.at_one_moment:
                connection.begin_snapshot()
            select = select_of(connection.rows)
            reader = sqlserver.TableReader(connection, plan.of_key(), select=lambda _keys: select)
            yield from reader.batches()
            if mode.at_one_moment:
                connection.end_snapshot()

    return Prefetch(
        ask(),
        limit=lambda: silence_limit(plan.spec, locked=False),
        silence=lambda: opened[0].silent_for() if opened else 0.0,
        check=sides.check,
        wake=sqlserver.shut_down_connections,
    )
