"""What of an entry does not fit to its ``verify``: it would prove nothing, or repair nothing."""

from collections.abc import Collection, Mapping
from typing import Any

from tableferry.config.choices import Consistency, LedgerUse
from tableferry.model.depth import Depth


def verify_problems(entry: Mapping[str, Any], wrong: Collection[str]) -> list[str]:
    """Return what does not fit; nothing where ``verify`` or ``repair`` itself is among the wrong.

    ``wrong`` are the keys with values of a wrong kind, which are reported already.
    """
    if "verify" in wrong or "repair" in wrong:
        return []
    found = []
    if "verify" in entry and entry.get("consistency") == Consistency.NOLOCK:
        found.append(
            f"'verify': {str(entry['verify'])!r} does not fit 'consistency': 'nolock': a read that "
            "may miss rows, or show them twice, proves nothing"
        )
    if entry.get("repair"):
        found += _repair_problems(entry)
    return found


def _repair_problems(entry: Mapping[str, Any]) -> list[str]:
    found = []
    depth = entry.get("verify")
    if depth is None:
        found.append("'repair' needs 'verify', which finds the rows: 'rows' or 'sample'")
    elif depth == Depth.COUNT:
        found.append(
            "'repair' does not fit 'verify': 'count', which does not find out which rows differ: "
            "use 'rows' or 'sample'"
        )
    if entry.get("ledger") == LedgerUse.OFF:
        found.append("'repair' needs the ledger, whose lease keeps other runs away")
    return found
