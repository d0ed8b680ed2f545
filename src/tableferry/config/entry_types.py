"""Types of the values in a table's entry: what is accepted, as what, and what messages call it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetCoreSchemaHandler,
    PlainValidator,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

from tableferry.config.deletes import FORMS, DeleteHandling, Deletes
from tableferry.config.setting_types import OptionalText


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a type's values are, in words that follow "must be"."""

    text: str


class Choice:
    """Marks an enumerated type: its members are accepted, and the texts that are their values.

    pydantic would take members only (strict), or bytes as well (lax).
    """

    def __get_pydantic_core_schema__(
        self, source: type[StrEnum], _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def member(value: object) -> StrEnum:
            return source(value if isinstance(value, str) else "")  # no member is empty

        texts = core_schema.literal_schema([one.value for one in source])
        return core_schema.no_info_plain_validator_function(member, json_schema_input_schema=texts)


def is_text(value: object) -> bool:
    """Whether this is a text that is not blank."""
    return isinstance(value, str) and bool(value.strip())


def as_names(value: object) -> tuple[str, ...]:
    """Return a name or a list of names as a tuple; empty where it is neither."""
    names = _one_or_more(value)
    if isinstance(names, tuple) and all(isinstance(one, str) and one for one in names):
        return names
    return ()


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else _listed(value)


def _listed(value: object) -> object:
    """Return any sequence as a tuple: a list, as TOML has it, or what a Python file has."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(value)
    return value


def _as_dict(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _require_some(text: str) -> str:
    if not text:
        raise ValueError("empty")
    return text


def _require_text(text: str) -> str:
    if not is_text(text):
        raise ValueError("blank")
    return text


def _deletes(value: object) -> Deletes:
    return Deletes.parse(value if isinstance(value, str) else "")


# Lengths and patterns are checked by functions where pydantic's own checks would refuse unpaired
# surrogates as well: the check of names says more of them.
_NOT_BLANK: Final = {"type": "string", "pattern": r"\S"}

Text = Annotated[
    str,
    AfterValidator(_require_text),
    WithJsonSchema(_NOT_BLANK),
    Meaning("a text that is not empty"),
]
AnyText = Annotated[
    OptionalText,
    WithJsonSchema({"type": "string", "pattern": r"^[^\u0000]*$"}),
    Meaning("a text, without U+0000 and unpaired surrogates"),
]
SourceName = Annotated[
    str,
    Field(pattern="^[A-Za-z][A-Za-z0-9_]*$"),
    Meaning("letters, digits and _: it names environment variables"),
]
Name = Annotated[
    str, AfterValidator(_require_some), WithJsonSchema({"type": "string", "minLength": 1})
]
NameList = Annotated[
    tuple[Name, ...], Field(min_length=1), BeforeValidator(_listed), Meaning("a list of names")
]
Names = Annotated[
    tuple[Name, ...],
    Field(min_length=1),
    BeforeValidator(_one_or_more, json_schema_input_type=Name | NameList),
    Meaning("a name or a list of names"),
]
ColumnTypes = Annotated[
    dict[Text, Text],
    BeforeValidator(_as_dict),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": r"\S"},
            "additionalProperties": _NOT_BLANK,
        }
    ),
    Meaning("a dict of column names and PostgreSQL types"),
]
DeletesText = Annotated[
    Deletes,
    PlainValidator(_deletes),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": [one.value for one in DeleteHandling if one is not DeleteHandling.SOFT]},
                {"type": "string", "pattern": r"^soft:[\s\S]"},
            ]
        }
    ),
    Meaning(f"one of {FORMS}"),
]

NOT_GIVEN: Final[Any] = None
"""Where a key has no default: it is not there, or its value comes from the source."""
