"""The XML of a column set: the texts of elements named as the sparse columns are."""

from xml.etree import ElementTree as ET

from tableferry_sandbox.engine.types.row_errors import RowError


def value(xml: str, name: str, names: str, column_set: str) -> str | None:
    """Return the text of a column's element, None without one.

    ``names`` are those of all columns, between bars. Raises 1911, 9524, 9525 for XML that has
    anything but one element for some of them.
    """
    try:
        root = ET.fromstring(f"<r>{xml}</r>")  # noqa: S314 - checked as xml before, no entities
    except ET.ParseError:
        raise _malformed() from None
    known = set(names.split("|"))
    found: dict[str, str] = {}
    if (root.text or "").strip():
        raise _malformed()
    for element in root:
        if len(element) or element.attrib or (element.tail or "").strip():
            raise _malformed()
        if element.tag not in known:
            raise RowError(
                1911,
                f"Column name '{element.tag}' does not exist in the target table, index or view.",
            )
        if element.tag in found:
            raise RowError(
                9525,
                f"The XML content that is supplied for the sparse column set '{column_set}' "
                f"contains duplicate references to the column '{element.tag}'. A column can only "
                "be referenced once in XML content supplied to a sparse column set.",
            )
        found[element.tag] = element.text or ""
    return found.get(name)


def _malformed() -> RowError:
    return RowError(
        9524,
        "The XML content provided does not conform to the required XML format for sparse column "
        "sets.",
    )
