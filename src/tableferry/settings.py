"""Where the databases are: connection settings, read from the environment and from ``.env``.

The only reader of the environment in the engine. Real environment variables win over ``.env``;
an empty variable counts as missing. Every problem is reported at once, by variable name.
"""

import ipaddress
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tableferry.errors import ConfigError

Port = Annotated[int, Field(ge=1, le=65535)]


def _stripped(text: str) -> str:
    return text.strip()


Text = Annotated[str, AfterValidator(_stripped), Field(min_length=1)]


class Encrypt(StrEnum):
    """How a SQL Server connection is encrypted, in the driver's words."""

    OPTIONAL = "optional"
    YES = "yes"
    STRICT = "strict"


class SslMode(StrEnum):
    """libpq's ``sslmode``."""

    DISABLE = "disable"
    ALLOW = "allow"
    PREFER = "prefer"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


class _Database(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    prefix: str
    """What this database's environment variables begin with, for messages."""
    host: Text
    db: Text
    user: Text
    password: SecretStr
    connect_timeout: Annotated[int, Field(ge=1, le=300)] = 10
    """Seconds to wait for a connection."""

    def variable(self, field: str) -> str:
        """Return the name of the environment variable behind a field."""
        return f"{self.prefix}{field}".upper()

    @property
    def is_loopback(self) -> bool:
        """Whether the connection stays on this machine, where there is no wire to protect."""
        return is_loopback(self.host)


class SourceSettings(_Database):
    """One SQL Server database: ``SQL_SERVER_<NAME>_HOST``, ``_DB``, ``_USER``, ``_PASSWORD`` ...

    Encrypted with a verified certificate unless said otherwise; on loopback neither is asked for.
    """

    port: Port = 1433
    encrypt: Encrypt = Encrypt.YES
    trust_certificate: bool = False

    @model_validator(mode="before")
    @classmethod
    def _nothing_to_protect_on_loopback(cls, values: dict[str, Any]) -> dict[str, Any]:
        if is_loopback(str(values.get("host", ""))):
            values.setdefault("encrypt", Encrypt.OPTIONAL)
            values.setdefault("trust_certificate", True)
        return values

    def __str__(self) -> str:
        return f"SQL Server {self.host}:{self.port} database {self.db}"


class TargetSettings(_Database):
    """The PostgreSQL database: ``PG_HOST``, ``PG_DB``, ``PG_USER``, ``PG_PASSWORD``, ``PG_PORT``.

    ``PG_HOST`` may be the folder of a Unix socket. TLS is required for anything but loopback.
    """

    port: Port = 5432
    sslmode: SslMode = SslMode.REQUIRE
    sslrootcert: Annotated[str, Field(validate_default=True)] = ""

    @model_validator(mode="before")
    @classmethod
    def _nothing_to_protect_on_loopback(cls, values: dict[str, Any]) -> dict[str, Any]:
        if is_loopback(str(values.get("host", ""))):
            values.setdefault("sslmode", SslMode.PREFER)
        return values

    @field_validator("sslrootcert")
    @classmethod
    def _verification_needs_a_root(cls, value: str, info: ValidationInfo) -> str:
        """Of the field, not of the model: it is told together with every other problem."""
        if str(info.data.get("sslmode", "")).startswith("verify") and not value:
            raise PydanticCustomError("missing_root", "PG_SSLMODE asks to verify the server")
        return value

    def __str__(self) -> str:
        return f"PostgreSQL {self.host}:{self.port} database {self.db}"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every connection of a deployment: its sources by ``db_type``, and its one target."""

    sources: dict[str, SourceSettings]
    target: TargetSettings


T = TypeVar("T", bound=_Database)


def load_settings(db_types: Iterable[str], env_file: Path | None = None) -> Settings:
    """Read all settings; raises one ConfigError that names every missing or malformed variable."""
    problems: list[str] = []
    variables = _variables(env_file)
    sources = {
        db_type: _load(SourceSettings, f"SQL_SERVER_{db_type.upper()}_", variables, problems)
        for db_type in db_types
    }
    target = _load(TargetSettings, "PG_", variables, problems)
    if problems or target is None:
        raise _incomplete(problems, env_file)
    return Settings({name: found for name, found in sources.items() if found}, target)


def load_source(db_type: str, env_file: Path | None = None) -> SourceSettings:
    """Read one source's settings, and nobody else's; raises ConfigError as ``load_settings``."""
    problems: list[str] = []
    prefix = f"SQL_SERVER_{db_type.upper()}_"
    found = _load(SourceSettings, prefix, _variables(env_file), problems)
    if found is None:
        raise _incomplete(problems, env_file)
    return found


def _incomplete(problems: Iterable[str], env_file: Path | None) -> ConfigError:
    where = f"the environment or {env_file}" if env_file else "the environment (no .env found)"
    return ConfigError(
        "The configuration is not complete:\n  " + "\n  ".join(problems),
        hint=f"Set these variables in {where}; .env.example shows all of them.",
    )


def find_env_file(*starts: Path) -> Path | None:
    """Return the first ``.env`` in these folders or right above one, None where there is none."""
    for start in starts:
        for folder in (start, start.parent):
            if (folder / ".env").is_file():
                return folder / ".env"
    return None


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine: a loopback address, ``localhost`` or a socket folder."""
    if host.startswith("/") or host.lower() in {"localhost", "localhost."}:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _variables(env_file: Path | None) -> dict[str, str]:
    """Return what is set; a ``$`` in a value (of a password, say) stands for itself."""
    from_file = _from_file(env_file) if env_file else {}
    real = {name: value for name, value in os.environ.items() if value}
    return {name: value for name, value in {**from_file, **real}.items() if value}


def _from_file(env_file: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(env_file, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        # The text of a decoding error quotes the file, passwords included.
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"{env_file} cannot be read: {reason}", hint="Save it as UTF-8 text, readable to you."
        ) from None


def _load(
    kind: type[T], prefix: str, variables: Mapping[str, str], problems: list[str]
) -> T | None:
    given = {
        field: variables[f"{prefix}{field.upper()}"]
        for field in kind.model_fields
        if f"{prefix}{field.upper()}" in variables
    }
    try:
        return kind.model_validate({**given, "prefix": prefix})
    except ValidationError as error:
        problems += [_problem(prefix, dict(found)) for found in error.errors(include_input=False)]
        return None


def _problem(prefix: str, found: dict[str, Any]) -> str:
    """One sentence about one variable; the value is never part of it."""
    variable = f"{prefix}{found['loc'][0]}".upper()
    if found["type"] == "missing_root":
        return f"{variable} is missing: {found['msg']}"
    if found["type"] in {"missing", "string_too_short", "too_short"}:
        return f"{variable} is missing"
    return f"{variable} is not valid: {found['msg']}"
