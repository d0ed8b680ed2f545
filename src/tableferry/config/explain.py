"""Where each value of a table's entry comes from: its own entry, a pattern, the defaults or us."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from typing import Any, Final

from tableferry.config.deletes import Deletes
from tableferry.config.entry_model import OPTIONAL, REQUIRED
from tableferry.config.resolve import Resolved
from tableferry.config.table_spec import DISCOVERED, TableSpec

BY_DEFAULT: Final = "default"
"""The origin of values that nobody has written."""

_DERIVED: Final = {
    "columns": DISCOVERED,
    "pg_columns": "from the columns' names",
    "primary_key": DISCOVERED,
}
"""What is found out at the source where the entry does not say it."""


@dataclass(frozen=True, slots=True)
class ExplainedValue:
    """The value of a key as an entry would have it, None for none, and where it comes from."""

    value: object
    origin: str


@dataclass(frozen=True, slots=True)
class ExplainedTable:
    """A table's values by their keys.

    ``left_out`` are keys that belong to a choice which the table does not make, with their origins.
    """

    key: str
    values: Mapping[str, ExplainedValue]
    left_out: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "table": self.key,
            "values": {
                key: {"value": one.value, "from": one.origin} for key, one in self.values.items()
            },
            **({"left_out": dict(self.left_out)} if self.left_out else {}),
        }

    def lines(self) -> dict[str, str]:
        """Return a line of text for each key, for a terminal."""
        found = {key: f"{_text(one.value)}  ({one.origin})" for key, one in self.values.items()}
        for key, origin in self.left_out.items():
            found[key] = f"left out: it does not fit this table  ({origin})"
        return found


def explain(resolved: Resolved, key: str) -> ExplainedTable:
    """Explain the table of this key; raises ConfigError where there is none."""
    [spec] = resolved.selected([key])
    merged = resolved.merged[spec.key]
    values = {}
    for name in (*REQUIRED, *OPTIONAL):
        if name in merged.entry:
            values[name] = ExplainedValue(merged.entry[name], merged.origins[name])
        elif name not in merged.unfitting:
            values[name] = ExplainedValue(_default_of(name), BY_DEFAULT)
    return ExplainedTable(spec.key, values, merged.unfitting)


def _default_of(key: str) -> object:
    """Return the value that a specification has without this key, as an entry would have it."""
    if key in _DERIVED:
        return _DERIVED[key]
    found = next((one.default for one in fields(TableSpec) if one.name == key), MISSING)
    if isinstance(found, Enum):
        return found.value
    if isinstance(found, Deletes):
        return str(found)
    return None if found in (MISSING, "", ()) else found


def _text(value: object) -> str:
    """Return a value on one line; names in a list are separated by commas."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {one}" for name, one in value.items())
    return str(value)
