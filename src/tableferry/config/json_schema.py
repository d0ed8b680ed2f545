"""The JSON Schema of a table file in TOML: editors complete and check its keys with it.

It says what each key's value may be. What fits together only the command checks.
"""

from collections.abc import Sequence
from typing import Any, Final

from tableferry.config.entry_keys import OPTIONAL, OWN_KEYS, PATTERN_KEYS, REQUIRED
from tableferry.config.toml_file import DEFAULTS, ORDER, SCHEMAS, TABLES
from tableferry.config.value_rules import VALUE_RULES

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""The newest draft that the TOML plug-ins of editors (Taplo's) have in full."""


def tables_schema() -> dict[str, Any]:
    """Return the schema as JSON-compatible data."""
    return {
        "$schema": DRAFT,
        "title": "The tables that tableferry carries from SQL Server to PostgreSQL",
        "type": "object",
        "properties": {
            TABLES: {
                "description": "The tables by their keys.",
                "type": "object",
                "minProperties": 1,
                "additionalProperties": {"$ref": "#/definitions/table"},
            },
            ORDER: {
                "description": "The keys of the tables in the order in which they are carried.",
                "type": "array",
                "items": {"type": "string"},
            },
            DEFAULTS: {
                "description": "The keys that every table has, unless it says something else.",
                "$ref": "#/definitions/defaults",
            },
            SCHEMAS: {
                "description": "The target's schemas, by the source's.",
                "type": "object",
                "additionalProperties": {"type": "string", "pattern": r"^[^*?]*[^*?\s][^*?]*$"},
            },
        },
        "required": [TABLES],
        "additionalProperties": False,
        "definitions": {
            "table": {
                **_entry_schema((*REQUIRED, *OPTIONAL, *PATTERN_KEYS)),
                "required": ["sql_table"],
            },
            "defaults": _entry_schema(
                [key for key in (*REQUIRED, *OPTIONAL, *PATTERN_KEYS) if key not in OWN_KEYS]
            ),
        },
    }


def _entry_schema(keys: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            key: {"description": _meaning(key), **VALUE_RULES[key].schema} for key in keys
        },
        "additionalProperties": False,
    }


def _meaning(key: str) -> str:
    """Return what a key's value may be, and that it is for patterns where it is."""
    of = " (for patterns of tables)" if key in PATTERN_KEYS else ""
    return f"{VALUE_RULES[key].meaning}{of}"
