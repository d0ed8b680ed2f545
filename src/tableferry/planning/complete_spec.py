"""A specification that leaves its columns or its key out, completed by what the source says.

Pure. What the configuration names stays as it is named; only what is left out is found.
"""

from collections.abc import Sequence
from dataclasses import replace

from tableferry.config import TableSpec
from tableferry.errors import SchemaError
from tableferry.model.identifiers import shown
from tableferry.model.naming import clashes, pg_name
from tableferry.model.schema import SourceColumn, SourceSchema, find_column
from tableferry.model.table_details import TableDetails


def complete_spec(spec: TableSpec, source: SourceSchema, details: TableDetails) -> TableSpec:
    """Return the spec with columns, target names and key; raises SchemaError.

    Columns are called what the source calls them, also where the configuration differs in case; one
    that the source does not have keeps its name. ``primary_key`` stays empty where the source has
    none, or one of columns that are not carried.
    """
    columns = tuple(
        (_own_name(name, source), target)
        for name, target in spec.columns or _columns(spec, source.columns)
    )
    return replace(spec, columns=columns, primary_key=_key(spec, columns, source, details))


def _own_name(name: str, source: SourceSchema) -> str:
    column = find_column(name, source.columns)
    return column.name if column else name


def _columns(spec: TableSpec, found: Sequence[SourceColumn]) -> tuple[tuple[str, str], ...]:
    """Every column but the excluded, in the table's order, under the names derived from theirs."""
    left_out, problems = set(), []
    for name in spec.exclude:
        column = find_column(name, found)
        if column is None:
            problems.append(f"'exclude' names {shown(name)}, which {spec.source} does not have")
        else:
            left_out.add(column.name)
    pairs = tuple((c.name, pg_name(c.name)) for c in found if c.name not in left_out)
    if not pairs:
        problems.append(f"'exclude' leaves no column of {spec.source}")
    problems += [
        f"the columns {' and '.join(map(shown, sources))} would both be named {shown(target)}"
        for target, sources in clashes(pairs).items()
    ]
    if problems:
        raise SchemaError(
            "; ".join(problems),
            hint="Name the columns in 'columns' and 'pg_columns', or take one out with 'exclude'.",
        )
    return pairs


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
    key = tuple(_own_name(name, source) for name in spec.primary_key)
    if missing := [
        shown(asked)
        for asked, name in zip(spec.primary_key, key, strict=True)
        if name not in carried or find_column(name, source.columns) is None
    ]:
        raise SchemaError(
            f"'primary_key' names {', '.join(missing)}, which is not among the columns that are "
            "carried",
            hint="Correct 'primary_key', or leave it out to take the source's.",
        )
    return key
