"""The JSON Schema of a table file in TOML: editors complete and check its keys with it.

It says what each key's value may be. What fits together only the command checks.
"""

from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, NoDefault
from pydantic_core import CoreSchema, core_schema

from tableferry.config.deletes import Deletes
from tableferry.config.entry_model import TableEntry
from tableferry.config.entry_values import meaning
from tableferry.config.file_model import Defaults, TablesFile

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""The newest draft that the TOML plug-ins of editors (Taplo's) have in full."""

_DEFINITIONS: Final = {TableEntry.__name__: "table", Defaults.__name__: "defaults"}
"""What the definitions are called, by the models' names."""


def tables_schema() -> dict[str, Any]:
    """Return the schema as JSON-compatible data."""
    return TablesFile.model_json_schema(
        schema_generator=_Draft7, ref_template="#/definitions/{model}"
    )


class _Draft7(GenerateJsonSchema):
    """Writes the schema as draft 7 has it, keys in the model's order and without made-up titles."""

    schema_dialect = DRAFT

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        found = super().generate(schema, mode)
        definitions = found.pop("$defs")
        for definition in definitions.values():
            for key, of in definition["properties"].items():
                of["description"] = f"{of['description']} Value: {_value(key, of)}."
        return {"$schema": self.schema_dialect, **found, "definitions": definitions}

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:
        del parent_key
        return value

    def field_title_should_be_set(self, schema: object) -> bool:
        del schema
        return False

    def normalize_name(self, name: str) -> str:
        return _DEFINITIONS.get(name, super().normalize_name(name))

    def get_default_value(self, schema: core_schema.WithDefaultSchema) -> Any:
        """Return a default as an entry would have it, and none where it is to have no key."""
        found = super().get_default_value(schema)
        if found in (None, "", ()):
            return NoDefault
        return str(found) if isinstance(found, Deletes) else found


def _value(key: str, of: JsonSchemaValue) -> str:
    """Return what a key's value may be, and its default."""
    if "default" not in of:
        return meaning(key)
    default = of["default"]
    text = f"{default:,}" if of.get("type") == "integer" else str(default).lower()
    return f"{meaning(key)}; {text} by default"
