"""Types of the settings' fields: texts that both drivers can be given.

A driver that cannot encode a setting raises an error that quotes the whole connection string, the
password included. So such a value is refused here, by the name of its variable.
"""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

Port = Annotated[int, Field(ge=1, le=65535)]


def encoding_problem(text: str) -> str:
    """Return why the drivers do not take a text, empty where they do."""
    # Bytes of the environment that are not UTF-8 arrive as lone surrogates (PEP 383).
    try:
        text.encode()
    except UnicodeEncodeError:
        return "it is not UTF-8 text"
    return "it holds U+0000" if "\0" in text else ""


def _require_encodable(text: str) -> str:
    if problem := encoding_problem(text):
        raise PydanticCustomError("not_encodable", "{problem}", {"problem": problem})
    return text


def _require_encodable_secret(secret: SecretStr) -> SecretStr:
    _require_encodable(secret.get_secret_value())
    return secret


def _stripped(text: str) -> str:
    return text.strip()


def _none_if_auto(value: object) -> object:
    return None if value == "auto" else value


AutoOrBool = Annotated[bool | None, BeforeValidator(_none_if_auto)]
"""Yes, no, or ``auto``, which is None."""

OptionalText = Annotated[str, AfterValidator(_require_encodable)]
Text = Annotated[OptionalText, AfterValidator(_stripped), Field(min_length=1)]
Password = Annotated[SecretStr, AfterValidator(_require_encodable_secret), Field(min_length=1)]
