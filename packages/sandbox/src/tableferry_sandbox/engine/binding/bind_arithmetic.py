"""Arithmetic, bitwise operators and concatenation, with the result types of T-SQL."""

from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.binding.collation_precedence import common_collation, converted
from tableferry_sandbox.engine.binding.context import Context
from tableferry_sandbox.engine.binding.scope import Typed
from tableferry_sandbox.engine.errors import (
    invalid_operator,
    operand_clash,
)
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.engine.types.convert import convert
from tableferry_sandbox.engine.types.convert_basics import once
from tableferry_sandbox.engine.types.convert_datetimes import BASE_1900
from tableferry_sandbox.engine.types.duck_types import literal
from tableferry_sandbox.engine.types.text_sizes import cut
from tableferry_sandbox.events import SqlError
from tableferry_sandbox.sqltypes import MAX, SqlType

_OPERATOR_NAMES: Final = {
    "+": "add", "-": "subtract", "*": "multiply", "/": "divide", "%": "modulo",
    "&": "'&'", "|": "'|'", "^": "'^'",
}  # fmt: skip


class ArithmeticBinder:
    """Binds operators on values that are already bound."""

    context: Context

    def to_type(self, typed: Typed, target: SqlType, *, explicit: bool = False) -> str:
        """Return SQL of a value implicitly converted to a type."""
        return converted(typed.sql, typed.type, target, self.collation, explicit=explicit)

    @property
    def collation(self) -> str:
        """The collation of the database in which the statement runs."""
        return self.context.database.collation

    def located(self, kind: SqlType) -> SqlType:
        """Return a string type with the database's collation if it has none of its own."""
        return replace(kind, collation=kind.collation or self.collation)

    def unify(self, values: list[Typed]) -> SqlType:
        """Return the common type of several values."""
        found = t.NULL_TYPE
        for item in values:
            found = t.common(found, item.type)
        if t.family(found) == "string":
            found = replace(found, collation=common_collation(values, "CASE")[0])
        return t.INT if found.name == "null" else found

    def arithmetic(  # noqa: C901, PLR0912 - one branch for each family of types
        self, operator: str, left: Typed, right: Typed
    ) -> Typed:
        """Bind a binary operator by T-SQL's precedence of types."""
        if left.type.name == "null" and right.type.name == "null":
            return Typed("CAST(NULL AS INTEGER)", t.INT)
        if left.type.name == "null":
            left = replace(left, type=right.type, sql=literal(None, right.type))
        if right.type.name == "null":
            right = replace(right, type=left.type, sql=literal(None, left.type))
        kinds = {t.family(left.type), t.family(right.type)}
        if operator == "+" and kinds <= {"string", "xml"}:
            return self.concatenate(left, right)
        if operator == "+" and kinds == {"binary"}:
            length = -1 if MAX in (left.type.length, right.type.length) else min(
                8000, left.type.length + right.type.length
            )  # fmt: skip
            return Typed(f"({left.sql} || {right.sql})", SqlType("varbinary", length))
        if operator in "+-" and "datetime" in kinds:
            return self._moment_arithmetic(operator, left, right)
        if operator in "&|^":
            return self._bitwise(operator, left, right)
        result = t.common(left.type, right.type)
        kind = t.family(result)
        if kind not in t.NUMERIC_FAMILIES:
            if left.type.name == right.type.name or kinds <= {"string"}:
                raise SqlError(
                    8117,
                    f"Operand data type {left.type.name} is invalid for "
                    f"{_OPERATOR_NAMES[operator]} operator.",
                )
            if not (kinds & t.NUMERIC_FAMILIES):
                raise invalid_operator(left.type.name, right.type.name, _OPERATOR_NAMES[operator])
            raise operand_clash(right.type.name, left.type.name)
        if result.name == "bit":
            raise SqlError(
                8117, f"Operand data type bit is invalid for {_OPERATOR_NAMES[operator]} operator."
            )
        if kind == "decimal":
            return self._decimal(operator, left, right)
        if kind == "money":
            return self._money(operator, left, right, result)
        a, b = self.to_type(left, result), self.to_type(right, result)
        if kind == "float":
            if operator == "%":
                raise SqlError(402, f"The data types {left.type.name} and {right.type.name} are "
                               "incompatible in the modulo operator.")  # fmt: skip
            if operator == "/":
                return Typed(f"ts_divide({a}, {b})", result)
            return Typed(f"ts_finite({a} {operator} {b})", result)
        return Typed(f"({a} {'//' if operator == '/' else operator} {b})", result)

    def _decimal_side(self, side: Typed, other: Typed) -> Typed:
        if side.digits:
            target = t.make("numeric", precision=side.digits)
        elif t.family(side.type) == "string":  # read in the other side's precision and scale
            target = t.as_decimal(other.type)
        else:
            target = t.as_decimal(side.type)
        return Typed(self.to_type(side, target), target)

    def _decimal(self, operator: str, left: Typed, right: Typed) -> Typed:
        a, b = self._decimal_side(left, right), self._decimal_side(right, left)
        result = t.decimal_result(operator, a.type, b.type)
        if operator == "/":
            sql = f"py_divide(CAST({a.sql} AS VARCHAR), CAST({b.sql} AS VARCHAR), {result.scale})"
        elif operator == "*" and a.type.precision + b.type.precision > 38:
            sql = f"py_multiply(CAST({a.sql} AS VARCHAR), CAST({b.sql} AS VARCHAR), {result.scale})"
        elif operator == "*":
            sql = f"({a.sql} * {b.sql})"
        else:
            sql = f"({self.to_type(a, result)} {operator} {self.to_type(b, result)})"
            if operator == "%":
                wide = t.common(a.type, b.type)
                sql = f"({self.to_type(a, wide)} % {self.to_type(b, wide)})"
        duck = f"DECIMAL({result.precision},{result.scale})"
        return Typed(f"CAST({sql} AS {duck})", result)

    def _money(self, operator: str, left: Typed, right: Typed, result: SqlType) -> Typed:
        a, b = self.to_type(left, result), self.to_type(right, result)
        if operator == "/":
            sql = f"py_divide(CAST({a} AS VARCHAR), CAST({b} AS VARCHAR), 4)"
        elif operator == "*":
            sql = f"py_multiply(CAST({a} AS VARCHAR), CAST({b} AS VARCHAR), 4)"
        else:
            sql = f"({a} {operator} {b})"
        return Typed(f"CAST({sql} AS DECIMAL({result.precision},4))", result)

    def _bitwise(self, operator: str, left: Typed, right: Typed) -> Typed:
        kinds = [t.family(left.type), t.family(right.type)]
        if sorted(kinds) == ["binary", "int"]:
            # A binary operand is read as a number of the other one's type.
            if kinds[0] == "binary":
                left = Typed(convert(left.sql, left.type, right.type), right.type)
            else:
                right = Typed(convert(right.sql, right.type, left.type), left.type)
        elif kinds != ["int", "int"]:
            raise invalid_operator(left.type.name, right.type.name, f"'{operator}'")
        result = t.common(left.type, right.type)
        if result.name == "bit":
            a, b = self.to_type(left, t.INT), self.to_type(right, t.INT)
            sql = f"xor({a}, {b})" if operator == "^" else f"({a} {operator} {b})"
            return Typed(f"({sql} <> 0)", t.BIT)
        a, b = self.to_type(left, result), self.to_type(right, result)
        sql = f"xor({a}, {b})" if operator == "^" else f"({a} {operator} {b})"
        return Typed(sql, result)

    def _moment_arithmetic(self, operator: str, left: Typed, right: Typed) -> Typed:
        """Add or subtract days: datetime and smalldatetime only."""
        result = left.type if t.family(left.type) == "datetime" else right.type
        if "datetime2" in (left.type.name, right.type.name):
            if t.family(left.type) == t.family(right.type):
                raise SqlError(
                    8117,
                    f"Operand data type datetime2 is invalid for {_OPERATOR_NAMES[operator]} "
                    f"operator.",
                )
            raise operand_clash(left.type.name, right.type.name)
        a, b = self.to_type(left, result), self.to_type(right, result)
        sql = f"({a} {operator} ({b} - {BASE_1900}))"
        return Typed(f"ts_300({sql})" if result.name == "datetime" else sql, result)

    def concatenate(self, left: Typed, right: Typed) -> Typed:
        """Bind string concatenation; except for (max) types it is cut to 8000 bytes."""
        national = t.is_national(left.type) or t.is_national(right.type)
        limit = 4000 if national else 8000
        lengths = (left.type.length, right.type.length)
        collation, explicit = common_collation((left, right), "add")
        target = SqlType("nvarchar" if national else "varchar", MAX, collation=collation)
        a, b = self.to_type(left, target), self.to_type(right, target)
        sql = f"({a} || {b})"
        if MAX in lengths:
            length = MAX
        else:
            length = min(limit, sum(lengths))
            if sum(lengths) > limit:
                kind = self.located(target)
                sql = once(sql, lambda text: cut(text, limit, kind))
        result = SqlType(target.name, length, collation=collation)
        return Typed(sql, result, explicit_collation=explicit)
