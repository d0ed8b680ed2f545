"""The SELECT that asks for the rows with certain keys, a bounded number at a time. Pure."""

from collections.abc import Sequence
from typing import Final

from tableferry.errors import VerificationError
from tableferry.model.identifiers import shown
from tableferry.model.key_range import Key
from tableferry.model.literals import is_exact_text
from tableferry.planning.plan import SyncPlan

KEYS_PER_SELECT: Final = 250
"""Keys that one SELECT asks for. SQL Server compiles each of them anew: it has no use for a plan
with other literals, and a list of thousands takes longer to compile than to answer."""

Interval = tuple[str, str]
"""The exact texts of the first and the last value that a column of a key may have."""


def select_keys(plan: SyncPlan, key: Key, wanted: Sequence[Sequence[Interval]]) -> str:
    """Return the SELECT of the plan's rows with these keys, each an interval for every column.

    Literals are of the columns' own types, so that an index can be used. Raises VerificationError
    for a text that is no exact text of its column's type, since it becomes part of T-SQL.
    """
    names, matches = [], []
    for place, column in enumerate(key):
        ends = {interval[place] for interval in wanted}
        if all(low == high for low, high in ends):
            names.append([f"a{place}"])
            matches.append(f"{column.sql} = v.a{place}")
        else:
            names.append([f"a{place}", f"b{place}"])
            matches.append(f"{column.sql} BETWEEN v.a{place} AND v.b{place}")
    rows = []
    for intervals in wanted:
        literals = []
        for column, interval, into in zip(key, intervals, names, strict=True):
            for text in interval[: len(into)]:
                if not is_exact_text(column.type, text):
                    raise VerificationError(
                        f"A key of column {shown(column.name)} is no literal of {column.type}",
                        hint="Nothing was changed; please report this.",
                    )
                literals.append(column.literal(text))
        rows.append(f"({', '.join(literals)})")
    columns = ", ".join(name for into in names for name in into)
    return plan.select_where(
        f"EXISTS (SELECT 1 FROM (VALUES {', '.join(rows)}) AS v ({columns}) "
        f"WHERE {' AND '.join(matches)})"
    )
