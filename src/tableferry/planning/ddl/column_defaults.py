"""Plan the DEFAULT clauses of a created table's columns, and the warnings for those left out."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from tableferry.model.identifiers import shown
from tableferry.model.schema import SourceColumn, TargetColumn
from tableferry.model.table_details import TableDetails
from tableferry.model.target_database import TargetDatabase
from tableferry.planning.ddl.defaults import translated_default, translated_offset
from tableferry.planning.ddl.filters import Columns


def plan_defaults(
    planned: Sequence[tuple[SourceColumn, TargetColumn]],
    columns: Columns,
    details: TableDetails,
    database: TargetDatabase,
) -> tuple[dict[str, str], list[str]]:
    """Return the defaults by target column, and warnings for those that are not translated.

    ``planned`` are all columns in their order, ``columns`` those without companions.
    """
    found, warnings = {}, []
    for name, definition in details.defaults.items():
        if name not in columns:
            continue
        source, into = columns[name]
        if not definition:
            warnings.append(f"the default of {shown(name)} could not be read, and is not created")
            continue
        page = details.code_pages.get(name, 0)
        default = translated_default(definition, source.type, into.type, page)
        if default is None:
            warnings.append(
                f"the default of {shown(name)} has no certain translation and is not created: "
                f"{' '.join(definition.split())}"
            )
        elif not database.can_encode(default):
            warnings.append(
                f"the default of {shown(name)} has a character that {database.encoding}, the "
                "target database's encoding, lacks, and is not created"
            )
        elif default != "NULL":
            found[into.name] = default
    return found | _offset_defaults(planned, details, found), warnings


def _offset_defaults(
    planned: Sequence[tuple[SourceColumn, TargetColumn]],
    details: TableDetails,
    translated: Mapping[str, str],
) -> dict[str, str]:
    """Return the defaults of the columns for offsets, so that an INSERT may leave both columns out.

    Such a column follows the one of its datetimeoffset, under the same source name. Where the
    moment's default was not translated, the offset has none either: it would belong to no moment.
    """
    found = {}
    for (main, moment), (source, into) in pairwise(planned):
        is_offset = main.type.name == "datetimeoffset" and source.name == main.name
        if not is_offset or moment.name not in translated:
            continue
        default = translated_offset(details.defaults[main.name])
        if default not in {None, "NULL"}:
            found[into.name] = str(default)
    return found
