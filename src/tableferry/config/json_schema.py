"""The JSON Schema of a TOML file of tables: editors complete and check its keys with it.

It says what each key's value may be. What fits together only the command checks.
"""

from typing import Any, Final

from tableferry.config.entry_keys import OPTIONAL, REQUIRED
from tableferry.config.toml_file import ORDER, TABLES
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
        },
        "required": [TABLES],
        "additionalProperties": False,
        "definitions": {"table": _entry_schema()},
    }


def _entry_schema() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            key: {"description": VALUE_RULES[key].meaning, **VALUE_RULES[key].schema}
            for key in (*REQUIRED, *OPTIONAL)
        },
        "required": list(REQUIRED),
        "additionalProperties": False,
    }
