"""MERGE: the join of a table with a source, and what is to be done about each row of it.

The join is kept first, with the number of the clause that applies to each row and the values that
it writes. Rows are deleted, updated and inserted from there, in this order, which alone gives keys
free before they are used again.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, TypeVar

from tableferry_sandbox.engine.binding.binder import Binder
from tableferry_sandbox.engine.binding.scope import Scope
from tableferry_sandbox.engine.database.catalog_objects import Table
from tableferry_sandbox.engine.database.table_columns import TableColumn
from tableferry_sandbox.engine.errors import invalid_column, unsupported
from tableferry_sandbox.engine.execution import output_clause
from tableferry_sandbox.engine.execution.change_tracking import context_of
from tableferry_sandbox.engine.execution.dml_common import (
    finished,
    first_rows,
    new_values,
    writable_table,
    writing_context,
)
from tableferry_sandbox.engine.execution.implicit_writes import written
from tableferry_sandbox.engine.execution.inserting import (
    insert_columns,
    with_defaults,
    without_generated,
    wrong_number,
)
from tableferry_sandbox.engine.execution.row_writer import Writer
from tableferry_sandbox.engine.execution.session_state import SessionState
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.engine.types.duck_types import duck_type
from tableferry_sandbox.events import Event, ResultSet, SqlError

Bound = TypeVar("Bound")

_MERGED: Final = "merged"
"""The temporary DuckDB table of the join. ``clause`` is the number of a row's clause."""

_JOINS: Final = {
    (False, False): "JOIN", (True, False): "RIGHT JOIN", (False, True): "LEFT JOIN",
    (True, True): "FULL JOIN",
}  # fmt: skip
"""By whether there are clauses for rows of the source alone, and of the target alone."""


def merge(session: SessionState, statement: st.Merge) -> Iterator[Event]:
    """Run a MERGE. Raises 207, 208, 229, 8672, and what its INSERT, UPDATE and DELETE raise."""
    context = writing_context(session, statement)
    for clause in statement.clauses:
        table = writable_table(session, statement.table.parts, clause.action.upper())
    writing = Writer(
        session, table, "MERGE", keeps_ended=bool(statement.output),
        change_context=context_of(session, statement),
    )  # fmt: skip
    with writing as writer:
        merging = _Merging(session, Binder(context), statement, table)
        merging.stage()
        rows = merging.write(writer)
        session.settle(f"DROP TABLE {_MERGED}")
    session.unregister()
    yield from finished(session, rows, "MERGE", merging.shown)


class _Merging:
    """One MERGE."""

    def __init__(
        self, session: SessionState, binder: Binder, statement: st.Merge, table: Table
    ) -> None:
        self._session = session
        self._binder = binder
        self._statement = statement
        self._table = table
        self._base = [c for c in table.columns if c.computed is None]
        self._changed: dict[int, list[TableColumn]] = {}
        """By clause: the columns that its UPDATE sets, or its INSERT gives values for."""
        self.shown: ResultSet | None = None

    def stage(self) -> None:
        """Keep the rows of the join for which a clause applies. Raises 8672."""
        binder, statement = self._binder, self._statement
        scope = Scope()
        target = binder.from_clause(statement.table, scope)
        columns = scope.sources[0].columns
        alias = next(c.sql.split(".")[0] for c in columns if c.sql.count(".") == 1)
        source = binder.from_clause(statement.source, scope)
        on = binder.predicate(statement.condition, scope)
        whens = {clause.when for clause in statement.clauses}
        join = _JOINS["not matched" in whens, "not matched by source" in whens]
        chosen, values = self._bound_clauses(alias, scope)
        items = ", ".join(_item(column, values[column.column_id]) for column in self._base)
        limit = first_rows(self._session, binder, statement.top)
        clause = f"CASE {' '.join(chosen)} END"
        joined = f"{target} {join} ({source} CROSS JOIN (SELECT TRUE AS there) AS src) ON {on}"
        if any(isinstance(node, s.Query) for x in statement.clauses for node in s.nodes(x)):
            # DuckDB does not take the name of an expression with a query for the expression.
            joined += f" CROSS JOIN LATERAL (SELECT {clause} AS clause) AS chosen"
            clause = "chosen.clause"
        self._session.run_sql(
            f"CREATE OR REPLACE TEMP TABLE {_MERGED} AS SELECT {alias}.rid AS rid, "
            f"{clause} AS clause, {items} FROM {joined} WHERE clause IS NOT NULL{limit}"
        )
        self._check_once()

    def _bound_clauses(self, alias: str, scope: Scope) -> tuple[list[str], dict[int, list[str]]]:
        """Return the WHENs of a CASE for the clause, and by column those for its new value."""
        target, source = Scope(scope.sources[:1]), Scope(scope.sources[1:])
        seen = {
            "matched": (scope, f"{alias}.rid IS NOT NULL AND src.there"),
            "not matched": (source, f"{alias}.rid IS NULL"),
            "not matched by source": (target, "src.there IS NULL"),
        }
        chosen: list[str] = []
        values: dict[int, list[str]] = {c.column_id: [] for c in self._base}
        for number, clause in enumerate(self._statement.clauses):
            visible, test = seen[clause.when]
            if clause.condition is not None:
                bind = partial(self._binder.predicate, clause.condition, visible)
                test = f"{test} AND {_bound(clause, bind)}"
            chosen.append(f"WHEN {test} THEN {number}")
            for column_id, sql in self._new_row(number, clause, visible, alias).items():
                values[column_id].append(f"WHEN {number} THEN {sql}")
        return chosen, values

    def _new_row(
        self, number: int, clause: st.MergeClause, visible: Scope, alias: str
    ) -> dict[int, str]:
        """Return SQL of what a clause writes, by column."""
        if clause.action == "delete":
            return {}
        if clause.action == "insert":
            return self._inserted(number, clause, visible)
        assign = partial(
            new_values, self._session, self._binder, self._table, clause.assignments, visible
        )
        assigned = _bound(clause, assign)
        self._changed[number] = [column for column, _ in assigned]
        kept = {c.column_id: f"{alias}.{c.physical}" for c in self._base}
        return kept | {column.column_id: sql for column, sql in assigned}

    def _inserted(self, number: int, clause: st.MergeClause, visible: Scope) -> dict[int, str]:
        """Return SQL of the values that an INSERT gives. Raises 109, 110, 213."""
        if clause.values is None:
            self._changed[number] = []
            return {}
        query = s.Query(s.ValuesRows((clause.values,)))
        path = self._statement.table.parts
        columns = insert_columns(self._session, self._table, st.Insert(path, clause.columns, query))
        query, columns = without_generated(self._table, query, columns)
        query = with_defaults(query, columns)
        assert isinstance(query.body, s.ValuesRows)  # noqa: S101 - made above
        [row] = query.body.rows
        if len(row) != len(columns):
            wrong_number(len(row), len(columns), query, listed=bool(clause.columns))
        found: dict[int, str] = {}
        for column, node in zip(columns, row, strict=True):
            self._binder.context.masked = False
            value = self._binder.value(node, visible)
            if self._binder.context.masked:
                raise unsupported("masked columns in a MERGE for a login without UNMASK")
            found |= written(self._binder, self._table, column, value)
        self._changed[number] = [c for c in self._base if c.column_id in found]
        return found

    def _check_once(self) -> None:
        """Raise 8672 for a row that would be written twice; it may be deleted twice."""
        updates = self._of("update")
        if updates and self._session.rows(
            f"SELECT 1 FROM {_MERGED} WHERE rid IS NOT NULL GROUP BY rid HAVING count(*) > 1 AND "
            f"bool_or(clause IN ({_listed(updates)})) LIMIT 1"
        ):
            raise SqlError(
                8672,
                "The MERGE statement attempted to UPDATE or DELETE the same row more than once. "
                "This happens when a target row matches more than one source row. A MERGE "
                "statement cannot UPDATE/DELETE the same row of the target table multiple times. "
                "Refine the ON clause to ensure a target row matches at most one source row, or "
                "use the GROUP BY clause to group the source rows.",
            )

    def write(self, writer: Writer) -> int:
        """Delete, update and insert; returns the number of rows."""
        rows = 0
        for action, run in (
            ("delete", self._delete), ("update", self._update), ("insert", self._insert)
        ):  # fmt: skip
            clauses = self._of(action)
            if clauses:
                rows += run(writer, clauses)
                self._show(action)
        return rows

    def _delete(self, writer: Writer, clauses: Sequence[int]) -> int:
        return writer.delete("m", _rows_of(clauses))

    def _update(self, writer: Writer, clauses: Sequence[int]) -> int:
        first, *others = (self._changed[number] for number in clauses)
        tracking = self._table.tracking
        if tracking is not None and tracking.with_columns and any(o != first for o in others):
            raise unsupported("a MERGE whose UPDATEs set different columns, which are tracked")
        changed = [c for c in self._base if any(c in columns for columns in (first, *others))]
        heads = {c.column_id: f"m.{c.physical}" for c in self._base}
        return writer.update(self._binder, "m", _rows_of(clauses), heads, changed)

    def _insert(self, writer: Writer, clauses: Sequence[int]) -> int:
        [number] = clauses
        heads = {c.column_id: f"q.{c.physical}" for c in self._changed[number]}
        sql = f"SELECT *{_rows_of(clauses)}"
        return writer.insert_with_defaults(self._binder, sql, heads)

    def _show(self, action: str) -> None:
        """Add the OUTPUT of the rows just written."""
        items = self._statement.output
        if not items:
            return
        try:
            found = output_clause.output(
                self._session, self._table, self._binder, items, action.upper(), merging=True
            )
        except SqlError as error:
            if error.number not in (207, 4104):
                raise
            raise unsupported("columns of the source in the OUTPUT of MERGE") from error
        before = list(self.shown.batches) if self.shown else []
        self.shown = ResultSet(found.columns, iter([*before, *found.batches]))

    def _of(self, action: str) -> list[int]:
        """Return the numbers of the clauses with an action."""
        return [n for n, c in enumerate(self._statement.clauses) if c.action == action]


def _rows_of(clauses: Sequence[int]) -> str:
    """Return FROM and WHERE of the rows of some clauses."""
    return f" FROM {_MERGED} AS m WHERE m.clause IN ({_listed(clauses)})"


def _listed(clauses: Sequence[int]) -> str:
    return ", ".join(map(str, clauses))


def _item(column: TableColumn, whens: Sequence[str]) -> str:
    """Return the new value of a column, by clause."""
    null = f"CAST(NULL AS {duck_type(column.type)})"
    value = f"CASE clause {' '.join(whens)} ELSE {null} END" if whens else null
    return f"{value} AS {column.physical}"


def _bound(clause: st.MergeClause, bind: Callable[[], Bound]) -> Bound:
    """Bind a part of a clause; where no row of the source is, none of its columns is: 207."""
    try:
        return bind()
    except SqlError as error:
        if error.number != 4104 or clause.when != "not matched by source":
            raise
        raise invalid_column(error.message.split('"')[1].rpartition(".")[2]) from None
