"""What a new entry has to say of a table's columns: nothing, unless names clash."""

from collections.abc import Sequence
from dataclasses import dataclass

from tableferry import sqlserver
from tableferry.config import SourceSettings, TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import shown
from tableferry.model.naming import pg_name, unique_name
from tableferry.model.schema import SourceSchema
from tableferry.typemap import RULES


@dataclass(frozen=True, slots=True)
class EntryColumns:
    """The keys of an entry that choose columns, the columns ``carried``, and what to say of them.

    ``config`` is empty where a sync finds the same columns by itself: one that is added to the
    source later is then noticed, and ``drift`` decides.
    """

    config: dict[str, list[str]]
    carried: frozenset[str]
    notes: tuple[str, ...]


def choose_columns(schema: SourceSchema) -> EntryColumns:
    """Choose the columns whose types are carried, each with a name in PostgreSQL of its own."""
    notes: list[str] = []
    left_out: list[str] = []
    names: dict[str, str] = {}
    taken: set[str] = set()
    for column in schema.columns:
        if column.type.name not in RULES:
            notes.append(f"{shown(column.name)} is left out: {column.type} is not carried")
            left_out.append(column.name)
            continue
        name = unique_name(pg_name(column.name), taken, RULES[column.type.name].companion_names)
        if name != pg_name(column.name):
            notes.append(f"{shown(column.name)} is named {shown(name)}: its own name is another's")
        names[column.name] = name
    config: dict[str, list[str]] = {"exclude": left_out} if left_out else {}
    if not names or any(name != pg_name(column) for column, name in names.items()):
        notes.append(
            "its columns are listed, as names clash: one that is added later is not copied"
        )
        config = {"columns": list(names), "pg_columns": list(names.values())}
    return EntryColumns(config, frozenset(names), tuple(notes))


def columns_of(
    specs: Sequence[TableSpec], settings: SourceSettings
) -> dict[str, dict[str, list[str]]]:
    """Return what the entries of these tables have to say of columns, by key.

    A table that cannot be read says nothing: its plan has the reason. Raises what a connection
    raises.
    """
    found = {}
    with sqlserver.connect(settings) as connection:
        for spec in specs:
            try:
                schema = sqlserver.read_schema(connection, spec.source)
            except SchemaError:
                continue
            found[spec.key] = choose_columns(schema).config
    return found
