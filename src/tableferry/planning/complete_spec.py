"""Complete a specification that omits its columns or its key, from the source's catalog. Pure.

What the configuration names is kept; only what it omits is discovered.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Final

from tableferry.config import TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import shown
from tableferry.model.naming import clashes, pg_name
from tableferry.model.schema import SourceColumn, SourceSchema, find_column
from tableferry.model.table_details import TableDetails

_STEM: Final = 50
"""Characters that are left of a column's name before a number that tells it from another's."""


def complete_spec(spec: TableSpec, source: SourceSchema, details: TableDetails) -> TableSpec:
    """Return the specification with columns, target names and key; raises SchemaError.

    Columns get the source's spelling where the configuration differs in case, in ``primary_key``
    and ``type_overrides``, too; one that the source lacks keeps its name. ``primary_key`` stays
    empty where the source has none, or one with columns that are not carried.
    """
    columns = tuple(
        (_source_spelling(name, source), target)
        for name, target in spec.columns or _columns(spec, source.columns)
    )
    return replace(
        spec,
        columns=columns,
        primary_key=_key(spec, columns, source, details),
        type_overrides=_overrides(spec, source),
    )


def _source_spelling(name: str, source: SourceSchema) -> str:
    column = find_column(name, source.columns)
    return column.name if column else name


def _columns(spec: TableSpec, found: Sequence[SourceColumn]) -> tuple[tuple[str, str], ...]:
    """Pair every column that is not excluded with its derived name, in the table's order."""
    excluded, problems = set(), []
    for name in spec.exclude:
        column = find_column(name, found)
        if column is None:
            problems.append(f"'exclude' names {shown(name)}, which {spec.source} does not have")
        else:
            excluded.add(column.name)
    pairs = tuple((c.name, pg_name(c.name)) for c in found if c.name not in excluded)
    if not pairs:
        problems.append(f"'exclude' leaves no column of {spec.source}")
    problems += [
        f"the columns {' and '.join(map(shown, sources))} would both be named {shown(target)}"
        for target, sources in clashes(pairs).items()
    ]
    if problems:
        named = f": 'columns': {[name for name, _ in pairs]}, 'pg_columns': {_distinct(pairs)}"
        raise SchemaError(
            "; ".join(problems),
            hint="Take a column out with 'exclude', or name all in 'columns' and 'pg_columns'"
            f"{named if clashes(pairs) else ''}.",
        )
    return pairs


def _distinct(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return the target names, those that clash with an earlier one numbered."""
    taken = {name for _, name in pairs}
    found: list[str] = []
    for _, name in pairs:
        numbered = (f"{name[:_STEM]}_{number}" for number in count(2))
        found.append(
            name
            if name not in found
            else next(one for one in numbered if one not in taken and one not in found)
        )
    return found


def _overrides(spec: TableSpec, source: SourceSchema) -> tuple[tuple[str, str], ...]:
    """Return ``type_overrides`` with the source's spelling; raises SchemaError for a double one."""
    found = [(_source_spelling(name, source), written) for name, written in spec.type_overrides]
    if twice := _repeated(name for name, _ in found):
        raise SchemaError(
            f"'type_overrides' names {twice} of {spec.source} twice",
            hint="Name each column once, in the case in which the source has it.",
        )
    return tuple(found)


def _repeated(names: Iterable[str]) -> str:
    """Return the names that occur more than once, as a text; empty for none."""
    return ", ".join(shown(name) for name, count in Counter(names).items() if count > 1)


def _key(
    spec: TableSpec,
    columns: Sequence[tuple[str, str]],
    source: SourceSchema,
    details: TableDetails,
) -> tuple[str, ...]:
    carried = {name for name, _ in columns}
    if not spec.primary_key:
        key = details.primary_key
        return key if carried.issuperset(key) else ()
    key = tuple(_source_spelling(name, source) for name in spec.primary_key)
    if missing := [
        shown(asked)
        for asked, name in zip(spec.primary_key, key, strict=True)
        if name not in carried or find_column(name, source.columns) is None
    ]:
        raise SchemaError(
            f"'primary_key' names {', '.join(missing)}, which is not among the carried columns",
            hint="Correct 'primary_key', or omit it to use the source's.",
        )
    if twice := _repeated(key):
        raise SchemaError(
            f"'primary_key' names {twice} of {spec.source} twice",
            hint="Name each column of the key once.",
        )
    return key
