"""XML schema documents, as CREATE XML SCHEMA COLLECTION takes them: well-formed, with namespaces.

Their declarations are not interpreted, so that values are not validated against them.
"""

from typing import Final
from xml.parsers import expat

from tableferry_sandbox.engine.types import xml_values
from tableferry_sandbox.engine.types.row_errors import RowError

_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema schema"


def target_namespaces(text: str, *, national: bool) -> list[str]:
    """Return the target namespaces of the schemas in a text, "" for a schema without one.

    Raises RowError: what text that is not well-formed raises, 2378 for anything but schemas.
    """
    found: list[str] = []
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        # Depth 0 is the element around the text, which may hold several schemas.
        if depth == 1:
            if name != _SCHEMA:
                raise RowError(2378, "Expected XML schema document")
            uri = attributes.get("targetNamespace", "")
            if uri not in found:
                found.append(uri)
        depth += 1

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    normalised = xml_values.parse(text, national=national, keep_space=False)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(f"<schemas>{normalised}</schemas>", True)
    if not found:
        raise RowError(2378, "Expected XML schema document")
    return found
