"""What is said of each database: where it is, who logs in and how, how the wire is protected."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tableferry.config.login import LOGIN_REFUSED, Login, LoginSource, Vault
from tableferry.errors import ConfigError

Port = Annotated[int, Field(ge=1, le=65535)]


def _stripped(text: str) -> str:
    return text.strip()


Text = Annotated[str, AfterValidator(_stripped), Field(min_length=1)]
Password = Annotated[SecretStr, Field(min_length=1)]
C = TypeVar("C")


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


class SourceAuth(StrEnum):
    """Who logs in to SQL Server: a SQL login, or an identity of Microsoft Entra."""

    SQL = "sql"
    ENTRA_DEFAULT = "entra-default"
    ENTRA_MANAGED_IDENTITY = "entra-managed-identity"
    ENTRA_SERVICE_PRINCIPAL = "entra-service-principal"


class TargetAuth(StrEnum):
    """What proves PG_USER: its password, or a token that IAM makes for RDS and Aurora."""

    PASSWORD = "password"  # noqa: S105 - the name of a way to log in
    IAM = "iam"


class Database(BaseModel):
    """What both sides have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    _login: LoginSource | None = PrivateAttr(default=None)

    prefix: str
    """What this database's environment variables begin with, for messages."""
    host: Text
    port: Port
    db: Text
    user: Text = ""
    password: Password = SecretStr("")
    secret: str = ""
    """Names a secret with the whole connection, as RDS keeps it."""
    connect_timeout: Annotated[int, Field(ge=1, le=300)] = 10
    """Seconds to wait for a connection."""

    without: ClassVar[dict[str, tuple[str, ...]]] = {}
    """What the ways to log in go without, by ``auth``."""
    no_host: ClassVar[str] = r"[\s:]"
    """What is in no host's name: whoever writes it means a port or a URL."""

    @model_validator(mode="before")
    @classmethod
    def _what_a_login_needs(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Let a field that is missing be told like an empty one, together with the others."""
        spared = cls.without.get(str(values.get("auth", "")), ())
        needed = [field for field in ("user", "password") if field not in spared]
        return {**dict.fromkeys(needed, ""), **values}

    @field_validator("host")
    @classmethod
    def _a_host_and_nothing_else(cls, value: str) -> str:
        bare = value[1:-1] if value.startswith("[") and value.endswith("]") else value
        if not _is_address(bare) and re.search(cls.no_host, bare) and not bare.startswith("/"):
            raise PydanticCustomError("host", "it is not the name or address of a host alone")
        return bare

    @property
    def address(self) -> str:
        """Where it listens, for messages: an IPv6 address stands in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def variable(self, field: str) -> str:
        """Return what messages call a field: its environment variable, where it has one."""
        return f"{self.prefix}{field.upper()}"

    def worded(self, hint: str) -> str:
        """Return a hint that names variables (PG_USER) with the names that these settings have."""
        return re.sub(r"\bPG_(?=[A-Z])", self.prefix, hint)

    @property
    def is_loopback(self) -> bool:
        """Whether the connection stays on this machine, where there is no wire to protect."""
        return is_loopback(self.host)

    def kept_by(self, login: LoginSource) -> Self:
        """Return the same settings with a login that is kept elsewhere."""
        settings = self.model_copy()
        settings._login = login  # noqa: SLF001 - of its own class
        return settings

    def with_login(self, connect: Callable[[Login], C]) -> C:
        """Connect; a login that is kept elsewhere and refused is fetched anew, once."""
        if self._login is None:
            return connect(Login(self.user, self.password))
        login = self._login(None)
        try:
            return connect(login)
        except ConfigError as refused:
            if refused.code not in LOGIN_REFUSED:
                raise
            newer = self._login(login)
            if newer is login:
                raise
            if newer == login:
                raise self._still_refused(refused, "is the same") from refused
        try:
            return connect(newer)
        except ConfigError as refused:
            if refused.code not in LOGIN_REFUSED:
                raise
            raise self._still_refused(refused, "the newer one is refused too") from refused

    def _still_refused(self, refused: ConfigError, what: str) -> ConfigError:
        variable = self.variable("secret" if self.secret else "password")
        return ConfigError(
            refused.message,
            hint=f"The login that {variable} names was fetched again, and {what}. {refused.hint}",
            code=refused.code,
        )


class SourceSettings(Database):
    """One SQL Server database: ``SQL_SERVER_<NAME>_HOST``, ``_DB``, ``_USER``, ``_PASSWORD`` ...

    Encrypted with a verified certificate unless said otherwise; on loopback neither is asked for.
    """

    without = {
        SourceAuth.ENTRA_DEFAULT: ("user", "password"),
        SourceAuth.ENTRA_MANAGED_IDENTITY: ("user", "password"),
    }
    no_host = r"[\s:,;/\\]"
    """``host,1433`` and ``host\\instance`` as well: a port is said on its own, which decides."""

    auth: SourceAuth = SourceAuth.SQL
    port: Port = 1433
    encrypt: Encrypt = Encrypt.YES
    trust_certificate: bool = False
    ca_file: Annotated[str, Field(validate_default=True)] = ""
    read_only_intent: bool = False
    """Whether a readable secondary of an availability group may answer, where there is one."""

    @model_validator(mode="before")
    @classmethod
    def _nothing_to_protect_on_loopback(cls, values: dict[str, Any]) -> dict[str, Any]:
        if is_loopback(str(values.get("host", ""))) and not values.get("ca_file"):
            values.setdefault("encrypt", Encrypt.OPTIONAL)
            values.setdefault("trust_certificate", True)
        return values

    @field_validator("encrypt")
    @classmethod
    def _a_token_is_not_sent_in_the_clear(cls, value: Encrypt, info: ValidationInfo) -> Encrypt:
        here = is_loopback(str(info.data.get("host", "")))
        if value is Encrypt.OPTIONAL and not here and "entra" in str(info.data.get("auth")):
            raise PydanticCustomError("clear", "_AUTH=entra-... needs encryption")
        return value

    @field_validator("ca_file")
    @classmethod
    def _a_ca_file_is_there_to_verify(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("trust_certificate"):
            raise PydanticCustomError("contradiction", "_TRUST_CERTIFICATE asks not to verify")
        if value and info.data.get("encrypt") is Encrypt.OPTIONAL:
            raise PydanticCustomError("contradiction", "_ENCRYPT does not ask for encryption")
        return value

    def __str__(self) -> str:
        return f"SQL Server {self.address} database {self.db}"


class TargetSettings(Database):
    """The PostgreSQL database: ``PG_HOST``, ``PG_DB``, ``PG_USER``, ``PG_PASSWORD``, ``PG_PORT``.

    ``PG_HOST`` may be the folder of a Unix socket. TLS is required for anything but loopback, and
    with PG_SSLROOTCERT the server's certificate and name are verified.
    """

    without = {TargetAuth.IAM: ("password",)}

    auth: TargetAuth = TargetAuth.PASSWORD
    port: Port = 5432
    sslmode: SslMode = SslMode.REQUIRE
    sslrootcert: Annotated[str, Field(validate_default=True)] = ""

    @model_validator(mode="before")
    @classmethod
    def _nothing_to_protect_on_loopback(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("sslrootcert"):
            values.setdefault("sslmode", SslMode.VERIFY_FULL)
        elif is_loopback(str(values.get("host", ""))):
            values.setdefault("sslmode", SslMode.PREFER)
        return values

    @field_validator("sslmode")
    @classmethod
    def _a_token_is_not_sent_in_the_clear(cls, value: SslMode, info: ValidationInfo) -> SslMode:
        weak = value in {SslMode.DISABLE, SslMode.ALLOW, SslMode.PREFER}
        here = is_loopback(str(info.data.get("host", "")))
        if weak and not here and info.data.get("auth") is TargetAuth.IAM:
            raise PydanticCustomError("clear", "PG_AUTH=iam needs TLS")
        return value

    @field_validator("sslrootcert")
    @classmethod
    def _verification_needs_a_root(cls, value: str, info: ValidationInfo) -> str:
        """Of the field, not of the model: it is told together with every other problem."""
        if str(info.data.get("sslmode", "")).startswith("verify") and not value:
            raise PydanticCustomError("missing_root", "PG_SSLMODE asks to verify the server")
        return value

    def __str__(self) -> str:
        return f"PostgreSQL {self.address} database {self.db}"


@dataclass(frozen=True, slots=True)
class Settings:
    """Every connection of a deployment: its sources by ``db_type``, and its one target."""

    sources: dict[str, SourceSettings]
    target: TargetSettings

    @classmethod
    def from_env(
        cls, *db_types: str, env_file: Path | None = None, vault: Vault | None = None
    ) -> "Settings":
        """Read SQL_SERVER_<NAME>_HOST ... of each name, and PG_HOST ...; see ``load_settings``.

        Variables win over ``env_file``. ``vault`` is asked for secrets that variables only name.
        """
        # Not at the top: what reads the environment makes these settings.
        from tableferry.config.environment import load_settings  # noqa: PLC0415

        return load_settings(db_types, env_file, vault)


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine: a loopback address, ``localhost`` or a socket folder."""
    host = host.strip()
    if host.startswith("/") or host.lower() in {"localhost", "localhost."}:
        return True
    bare = host.strip("[]")
    return _is_address(bare) and ipaddress.ip_address(bare).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
