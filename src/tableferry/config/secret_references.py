"""Secrets that variables only name: ``secretsmanager:<arn or name>[#key]``, ``ssm:<name>``."""

import json
from typing import Any, Final

from tableferry.config.login import Vault
from tableferry.errors import ConfigError

KINDS: Final = ("secretsmanager:", "ssm:")

CONNECTION_KEYS: Final = {
    "host": "host",
    "port": "port",
    "username": "user",
    "password": "password",
    "dbname": "db",
    "database": "db",
}
"""The keys of a secret that RDS keeps, and which of our variables each stands for (AWS: JSON
structure of AWS Secrets Manager database credential secrets; ``database`` is said by others)."""


def is_reference(text: str) -> bool:
    """Whether a password is none but says where it is kept."""
    return text.startswith(KINDS)


def read_secret(vault: Vault, reference: str) -> str:
    """Return the text that a reference names, or one key of it; raises TableferryError.

    A JSON object without a key named is refused: it is nobody's password.
    """
    kept, _, key = reference.partition("#")
    text = vault.secret(kept)
    fields = _object(text)
    if not key:
        if fields is not None:
            raise ConfigError(
                f"{kept} holds a JSON object", hint=f"Name one of its keys: {kept}#password."
            )
        return text
    if fields is None or not isinstance(fields.get(key), str | int):
        raise ConfigError(f"{kept} holds no {key!r}", hint="Correct the key after the #.")
    return str(fields[key])


def read_connection(vault: Vault, reference: str) -> dict[str, str]:
    """Return the settings, by field, in a secret as RDS keeps it; raises TableferryError."""
    kept = reference if is_reference(reference) else f"{KINDS[0]}{reference}"
    fields = _object(vault.secret(kept))
    if fields is None or not {"username", "password"} <= set(fields):
        raise ConfigError(
            f"{kept} holds no connection",
            hint="RDS keeps one as a JSON object with username, password, host, port and dbname.",
        )
    return {
        field: str(fields[key])
        for key, field in CONNECTION_KEYS.items()
        if isinstance(fields.get(key), str | int)
    }


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
