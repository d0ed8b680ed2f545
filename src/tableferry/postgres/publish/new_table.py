"""A target table that does not exist yet: created and filled. No publishing strategy's business.

Nobody reads it before the COMMIT that creates it, so no row is ever replaced and no reader waits.
In one stream the rows go straight into it, and its keys and indexes are built afterwards; in chunks
they come through a staging table, which a later run can go on filling.
"""

import contextlib
from types import TracebackType
from typing import Final

from tableferry.errors import DataError, TableferryError
from tableferry.model.identifiers import quote_pg
from tableferry.planning.ddl.create_table import Creation
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.publish.build_memory import MORE_MEMORY
from tableferry.postgres.publish.load import Load
from tableferry.postgres.publish.loads import OneStream, Staged
from tableferry.postgres.publish.staging import drop_staging
from tableferry.postgres.publish.strategy import Opening
from tableferry.postgres.publish.target_table import require_columns

_UNIQUE_VIOLATION: Final = "23505"

_DROP_WAIT: Final = "1s"
"""How long the tables of others are waited for that are just being created in a new schema."""


def open_new_table(opening: Opening, creation: Creation) -> Load:
    """Return the load that creates the table and fills it."""
    staging = opening.staging
    if staging.parts or staging.resumed is not None:
        return _InChunks(opening, creation)
    return _InOneStream(opening, creation)


class _InOneStream(OneStream):
    """A table that is created, filled by one COPY, and then gets its keys and indexes."""

    def __init__(self, opening: Opening, creation: Creation) -> None:
        super().__init__(opening)
        self._creation = creation
        # With a place for refused rows each is refused as it comes, not when a key is built.
        self._keys = creation.keys if opening.refusals is not None else ()
        self._schema = ""

    def _begin(self) -> None:
        self._schema = _create_schema(self._connection, self._creation, self._plan)
        super()._begin()
        statements = (*self._creation.before, *self._keys)
        require_columns(self._connection, self._plan, added=True, after=statements)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if error is not None and self._schema:
            _drop_if_empty(self._connection, self._schema)

    def prepare(self) -> None:
        """Finish the COPY, and build the keys and indexes."""
        self._copy.finish()
        self._connection.defer(MORE_MEMORY)
        for sql in self._plan.after:
            if sql not in self._keys:
                self._connection.execute(sql)


class _InChunks(Staged):
    """A table that is created and filled from a staging table when all of its chunks are there."""

    def __init__(self, opening: Opening, creation: Creation) -> None:
        super().__init__(opening, self._make)
        self._creation = creation
        self._names = ", ".join(quote_pg(column.target.name) for column in opening.plan.columns)

    def _make(self) -> None:
        into = [column.target for column in self._plan.columns]
        types = ", ".join(f"{quote_pg(column.name)} {column.type}" for column in into)
        options = "WITH (autovacuum_enabled = false)"  # it lives for one load
        self._connection.execute(f"CREATE UNLOGGED TABLE {self._staged.sql} ({types}) {options}")
        if self._sifts and self._plan.target_key:
            key = ", ".join(map(quote_pg, self._plan.target_key))
            self._connection.execute(f"ALTER TABLE {self._staged.sql} ADD PRIMARY KEY ({key})")

    def prepare(self) -> None:
        """See that the staging table has every row."""
        self._staged.close()

    def publish(self) -> None:
        """Create the table, copy the rows into it, and build its keys and indexes."""
        self._connection.begin()
        self._staged.require_all_rows()
        _create_schema(self._connection, self._creation, self._plan)
        into = self._plan.spec.target.sql
        copied = f"INSERT INTO {into} ({self._names}) SELECT {self._names} FROM {self._staged.sql}"
        for sql in (*self._creation.before, copied, MORE_MEMORY, *self._plan.after):
            self._connection.execute(sql)
        drop_staging(self._connection, self._staged.name)
        self._is_published = True


def _create_schema(connection: TargetConnection, creation: Creation, plan: SyncPlan) -> str:
    """Create the table's schema where it is missing, in a transaction of its own if none is open.

    Returns its name if it is new, else "". Of two tables that are created at once in one missing
    schema, the second would wait for the end of the first one's transaction, with all of its rows,
    and then be refused: IF NOT EXISTS looks before it waits (seen with PostgreSQL 18: 23505 on
    pg_namespace_nspname_index).
    """
    statements = [sql for sql in creation.before if sql.startswith("CREATE SCHEMA")]
    name = quote_pg(plan.spec.target.schema) if statements else ""
    if not name or connection.rows("SELECT to_regnamespace(%s) IS NOT NULL", (name,))[0][0]:
        return ""
    try:
        with connection.transaction():
            for sql in statements:
                connection.execute(sql)
    except DataError as error:
        if error.code != _UNIQUE_VIOLATION:
            raise
        return ""
    return name


def _drop_if_empty(connection: TargetConnection, schema: str) -> None:
    """Drop a schema that was made for a table which then failed, unless it is in use."""
    with (
        contextlib.suppress(TableferryError),
        connection.transaction(reopen=False, lock_timeout=_DROP_WAIT),
    ):
        connection.execute(f"DROP SCHEMA {schema}")
