"""Resolve references to secrets: ``secretsmanager:<arn or name>[#key]``, ``ssm:<name>``."""

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
"""The settings' field for each key of a secret in RDS's format (AWS: JSON structure of AWS Secrets
Manager database credential secrets). Other tools write ``database``."""


def is_reference(text: str) -> bool:
    """Whether a password is a reference to a secret."""
    return text.startswith(KINDS)


def read_secret(vault: Vault, reference: str) -> str:
    """Return the secret that a reference names, or one key of it; raises TableferryError.

    A JSON object is refused unless the reference names one of its keys.
    """
    name, _, key = reference.partition("#")
    text = vault.secret(name)
    fields = _object(text)
    if not key:
        if fields is not None:
            raise ConfigError(
                f"{name} holds a JSON object", hint=f"Name one of its keys: {name}#password."
            )
        return text
    if fields is None or not isinstance(fields.get(key), str | int):
        raise ConfigError(f"{name} holds no {key!r}", hint="Correct the key after the #.")
    return str(fields[key])


def read_connection(vault: Vault, reference: str) -> dict[str, str]:
    """Return the settings, by field, of a secret in RDS's format; raises TableferryError."""
    name = reference if is_reference(reference) else f"{KINDS[0]}{reference}"
    fields = _object(vault.secret(name))
    if fields is None or not {"username", "password"} <= set(fields):
        raise ConfigError(
            f"{name} holds no connection",
            hint="RDS's format is a JSON object with username, password, host, port and dbname.",
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
