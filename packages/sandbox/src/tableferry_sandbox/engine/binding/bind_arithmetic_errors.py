"""Arithmetic whose errors are NULL (SET ARITHABORT and SET ANSI_WARNINGS, both OFF)."""

from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.binding.bind_arithmetic import ArithmeticBinder
from tableferry_sandbox.engine.binding.collation_precedence import converted
from tableferry_sandbox.engine.binding.scope import Typed
from tableferry_sandbox.engine.types import type_rules as t
from tableferry_sandbox.sqltypes import SqlType

DIVISION: Final = "division"
OVERFLOW: Final = "overflow"


class ForgivingBinder(ArithmeticBinder):
    """Binds arithmetic so that what ``context.session.forgiven`` names is NULL and no error.

    Operands are computed outside of what gives NULL: their errors of other kinds remain errors.
    """

    def arithmetic(self, operator: str, left: Typed, right: Typed) -> Typed:
        """Bind a binary operator by T-SQL's precedence of types."""
        forgiven = self.context.session.forgiven
        if not forgiven or not {t.family(left.type), t.family(right.type)} <= t.NUMERIC_FAMILIES:
            return super().arithmetic(operator, left, right)
        divisor = "pair.b"
        if DIVISION in forgiven and operator in "/%":
            divisor = f"nullif(pair.b, {'FALSE' if right.type.name == 'bit' else '0'})"
        result = super().arithmetic(
            operator, replace(left, sql="pair.a"), replace(right, sql=divisor)
        )
        sql = f"TRY({result.sql})" if OVERFLOW in forgiven else result.sql
        pair = f"{{'a': {left.sql}, 'b': {right.sql}}}"
        return replace(result, sql=f"list_transform([{pair}], lambda pair: {sql})[1]")

    def to_type(self, typed: Typed, target: SqlType, *, explicit: bool = False) -> str:
        """Return SQL of a value implicitly converted to a type."""
        attempt = self.forgives(typed.type, target)
        return converted(
            typed.sql, typed.type, target, self.collation, attempt=attempt, explicit=explicit
        )

    def forgives(self, source: SqlType, target: SqlType) -> bool:
        """Whether an overflow in a conversion of these types is NULL."""
        numeric = {t.family(source), t.family(target)} <= t.NUMERIC_FAMILIES
        return numeric and OVERFLOW in self.context.session.forgiven
