"""A table file in TOML as a model: its parts, of which the JSON Schema is made.

``parse_toml`` reads such a file; what the entries hold is checked once their layers are merged.
"""

from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, create_model

from tableferry.config.entry_model import OWN_KEYS, TableEntry

_CONFIG: Final = ConfigDict(
    strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True
)
"""Built when it is used, which is for the JSON Schema only."""

SchemaName = Annotated[str, Field(pattern=r"^[^*?]*[^*?\s][^*?]*$")]
"""The name of a schema: it has no wildcards and is not blank."""

_SHARED: Final[dict[str, Any]] = {
    key: (field.annotation, field)
    for key, field in TableEntry.model_fields.items()
    if key not in OWN_KEYS
}
"""The keys that several entries may have."""

Defaults = create_model(
    "Defaults",
    __config__=ConfigDict(**_CONFIG, title="Defaults"),
    __doc__="The keys that every table has, unless its entry or a pattern says something else.",
    **_SHARED,
)


class TablesFile(BaseModel):
    """The tables, and what they have in common."""

    model_config = ConfigDict(
        **_CONFIG, title="The tables that tableferry carries from SQL Server to PostgreSQL"
    )

    tables: dict[str, TableEntry] = Field(min_length=1, description="The tables by their keys.")
    default_sync_order: list[str] = Field(
        default_factory=list,
        description="The keys of the tables in the order in which they are carried.",
    )
    # mypy knows no classes that are made by a function.
    defaults: Defaults = Field(default_factory=Defaults)  # type: ignore[valid-type]
    schemas: dict[str, SchemaName] = Field(
        default_factory=dict,
        description="The target's schemas, by the source's: a table of a source's schema gets a "
        "target in the schema that stands here, unless `pg_table` names one.",
    )
