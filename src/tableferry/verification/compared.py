"""Which columns of a plan are compared, in which form, and what the target is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import pyarrow as pa

from tableferry.model.identifiers import quote_pg
from tableferry.planning.column_plan import ColumnPlan
from tableferry.planning.plan import SyncPlan
from tableferry.values import target_schema
from tableferry.verification.forms import Form, form_of
from tableferry.verification.value_rules import ValueOf, as_sent, value_of

NOT_THERE: Final = "the target has no such column yet"
LEFT_OUT: Final = "the target has no such column, and 'drift' is 'ignore'"


@dataclass(frozen=True, slots=True)
class ComparedColumn:
    """A column, the form of its values, and what each stands for (None: that is not known)."""

    plan: ColumnPlan
    form: Form
    value: ValueOf | None

    @property
    def name(self) -> str:
        """The source's name."""
        return self.plan.source.name

    @property
    def is_exact(self) -> bool:
        """Whether other bytes are another value."""
        return self.value is as_sent


@dataclass(frozen=True, slots=True)
class Compared:
    """The columns of one table that are compared, companions too, in the plan's order.

    ``plan`` has these columns only. ``not_compared`` says of the others why not, by the source's
    name. ``key`` are the places of the key's columns, in its order; empty where there is no key.
    """

    plan: SyncPlan
    columns: tuple[ComparedColumn, ...]
    not_compared: dict[str, str]
    key: tuple[int, ...]

    @classmethod
    def of(cls, plan: SyncPlan) -> Self:
        """Return the columns of a plan that the target has."""
        added = {column.name for column in plan.drift.added}
        there = tuple(column for column in plan.columns if column.target.name not in added)
        missing = {c.source.name: NOT_THERE for c in plan.columns if c.target.name in added}
        missing |= dict.fromkeys(plan.drift.left_out, LEFT_OUT)
        plan = replace(plan, columns=there)
        names = [column.target.name for column in there]
        return cls(
            plan=plan,
            columns=tuple(
                ComparedColumn(
                    column, form_of(column.target.type, field.type), value_of(column.target.type)
                )
                for column, field in zip(there, target_schema(there), strict=True)
            ),
            not_compared=missing,
            key=tuple(names.index(name) for name in plan.target_key),
        )

    def formed(self, converted: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch that ``values.Converter`` has made, in the form that is compared."""
        arrays = [
            array if column.form.source is None else column.form.source(array)
            for column, array in zip(self.columns, converted.columns, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, names=converted.schema.names)

    def select(self, table: str, condition: str = "", order_by: Sequence[str] = ()) -> str:
        """Return the target's SELECT; ``table`` and the rest are SQL, the table is ``t`` there.

        Marked rows are left out.
        """
        read = (c.form.sql.format(f"t.{quote_pg(c.plan.target.name)}") for c in self.columns)
        conditions = [self.plan.mark.is_clear] if self.plan.mark else []
        conditions += [f"({condition})"] if condition else []
        sql = f"SELECT {', '.join(read)} FROM {table} AS t"
        if conditions:
            sql += f" WHERE {' AND '.join(conditions)}"
        return f"{sql} ORDER BY {', '.join(order_by)}" if order_by else sql
