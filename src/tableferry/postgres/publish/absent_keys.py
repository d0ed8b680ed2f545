"""Keys that only the target has: found, handed out to be asked for again, counted.

They are stored beside the staging table, where publishing looks for deleted keys. Two ways lead
there. Whole numbers, which both databases sort alike, are read in order, in blocks, and compared
outside. All other keys of the source come into a table that is joined with the target, so that
PostgreSQL compares them, as the merge does. Measured for a million bigint keys, in PostgreSQL's CPU
seconds: 0.24 in order, 1.4 joined.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.copying import CopyIn
from tableferry.postgres.key_texts import Texts, text_sql
from tableferry.postgres.ledger import SCHEMA
from tableferry.postgres.publish.deleted_keys import make_keys_table, make_table_like
from tableferry.postgres.publish.staging import Staging, keys_of
from tableferry.postgres.publish.target_table import Standing, count, find
from tableferry.values import KeyOrder, target_schema

BLOCK_KEYS: Final = 50_000
"""Keys that are read of the target at once: 400 kB of bigint. Measured, neither 20,000 nor 100,000
are faster."""

_INDEXES: Final = """\
SELECT ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (num, place)
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.num
  WHERE k.place <= i.indnkeyatts ORDER BY k.place)
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
WHERE i.indrelid = %s AND i.indisvalid AND m.amname = 'btree'
  AND i.indpred IS NULL AND i.indexprs IS NULL
  AND i.indoption[0] = ALL (i.indoption::int2[])
ORDER BY i.indisprimary DESC, i.indexrelid"""
"""The columns of each index that has the rows in one order, up or down."""


class AbsentKeys:
    """The keys of one load that only the target has; ``plan`` is that of the key's columns.

    Making one makes the table, empty. ``order`` is that in which the target's keys can be read,
    None where both databases do not agree on one, or no index of the target has it. Every method
    raises TableferryError.
    """

    def __init__(self, connection: TargetConnection, plan: SyncPlan, staging: Staging) -> None:
        self._connection = connection
        self._plan = plan
        self._schema = target_schema(plan.columns)
        self._beside = TargetTable(SCHEMA, f"{keys_of(staging.name)}_of_source").sql
        self._standing = find(connection, plan.spec.target)
        with connection.transaction():
            self._table = make_keys_table(connection, plan, staging)
        self.order = self._find_order(self._standing)

    def _find_order(self, standing: Standing) -> KeyOrder | None:
        if not KeyOrder.suits(self._schema):
            return None
        for (names,) in self._connection.rows(_INDEXES, (standing.oid,)):
            if sorted(names) == sorted(self._schema.names):
                return KeyOrder(pa.schema([self._schema.field(name) for name in names]))
        return None

    def target_blocks(self, order: KeyOrder) -> Iterator[np.ndarray]:
        """Yield all keys of the target in their order, a block at a time."""
        names = [quote_pg(name) for name in order.schema.names]
        row = ", ".join(names)
        sent = " || ".join(
            f"pg_catalog.int{kind.bit_width // 8}send({name})"
            for name, kind in zip(names, order.schema.types, strict=True)
        )
        after = ", ".join(["%s"] * len(names))
        beyond, last = "", ()
        while True:
            ((block,),) = self._connection.rows(
                f"SELECT string_agg({sent}, ''::bytea) FROM (SELECT {row} "
                f"FROM {self._standing.rows_sql}{beyond} ORDER BY {row} LIMIT {BLOCK_KEYS}) AS k",
                last,
            )
            if block is None:
                return
            keys = np.sort(order.of_sent(bytes(block)), kind="stable")
            yield keys
            beyond = f" WHERE ({row}) > ({after})"
            last = tuple(order.to_batch(keys[-1:]).to_pylist()[0].values())

    def add(self, keys: pa.RecordBatch) -> None:
        """Store keys that the source has not; the batch's columns may be in any order."""
        with self._connection.transaction():
            self._copy(self._table, [keys.select(self._schema.names)])

    def add_missing_from(self, keys: Iterable[pa.RecordBatch]) -> int:
        """Store the keys of the target that are not among those of the source; returns how many.

        That is, how many the source has. Batches have the Arrow schema of the plan.
        """
        names = ", ".join(self._names)
        with self._connection.transaction():
            make_table_like(self._connection, self._plan, self._beside)
            compared = self._copy(self._beside, keys, freeze=True)
            self._connection.execute(f"ANALYZE {self._beside}")
            self._connection.execute(
                f"INSERT INTO {self._table} SELECT {names} FROM {self._standing.rows_sql} AS t "
                f"WHERE NOT EXISTS (SELECT FROM {self._beside} AS s WHERE {self._same})"
            )
            self._connection.execute(f"DROP TABLE {self._beside}")
        return compared

    def pages(self, size: int) -> Generator[Sequence[Texts], None, None]:
        """Yield the stored keys, so many at once, in a transaction that is open until the end.

        Those that are given to ``spare`` meanwhile are no longer stored afterwards. It has to be
        closed where it is not read to the end.
        """
        texts = ", ".join(text_sql(column.target) for column in self._plan.columns)
        with self._connection.transaction():
            make_table_like(self._connection, self._plan, self._beside)
            self._connection.execute(
                f"DECLARE tableferry_keys NO SCROLL CURSOR FOR SELECT {texts} FROM {self._table}"
            )
            while page := self._connection.rows(f"FETCH {size} FROM tableferry_keys"):
                yield page
            self._connection.execute("CLOSE tableferry_keys")
            self._connection.execute(
                f"DELETE FROM {self._table} AS t USING {self._beside} AS s WHERE {self._same}"
            )
            self._connection.execute(f"DROP TABLE {self._beside}")

    def spare(self, keys: Iterable[pa.RecordBatch]) -> int:
        """Keep rows with these keys from being deleted, while ``pages`` are read; returns how many.

        Batches have the Arrow schema of the plan.
        """
        return self._copy(self._beside, keys)

    def finish(self) -> int:
        """Let PostgreSQL know the table's size; returns how many keys are stored."""
        with self._connection.transaction():
            self._connection.execute(f"ANALYZE {self._table}")
            ((keys,),) = self._connection.rows(f"SELECT count(*) FROM {self._table}")
        return int(keys)

    def target_rows(self) -> int:
        """Count the target's rows."""
        return count(self._connection, self._standing)

    @property
    def _names(self) -> list[str]:
        return [quote_pg(name) for name in self._schema.names]

    @property
    def _same(self) -> str:
        """``s`` and ``t`` are one row, as the merge says (see ``Merging``)."""
        return " AND ".join(f"s.{name} = t.{name}" for name in self._names)

    def _copy(self, table: str, batches: Iterable[pa.RecordBatch], *, freeze: bool = False) -> int:
        schema = self._schema
        with CopyIn(self._connection, table, schema.names, schema, freeze=freeze) as copy:
            for batch in batches:
                copy.write(batch)
            copy.finish()
        return copy.rows
