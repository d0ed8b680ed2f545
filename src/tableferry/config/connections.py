"""The connection settings of each database: address, login, encryption."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import (
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

from tableferry.config.connection_options import (
    Encrypt,
    SourceAuth,
    SslMode,
    TargetAuth,
    is_address,
    is_loopback,
    setting_name,
)
from tableferry.config.login import LOGIN_REFUSED, Login, LoginSource, Vault
from tableferry.config.setting_types import AutoOrBool, OptionalText, Password, Port, Text
from tableferry.errors import ConfigError

C = TypeVar("C")

_CONNECTION_STRING = re.compile(r"://|\b(?:password|pwd)\s*=", re.IGNORECASE)


class Database(BaseModel):
    """The settings that both databases have."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    _login: LoginSource | None = PrivateAttr(default=None)

    prefix: str
    """The prefix of this database's environment variables, for messages; or what stands before a
    setting's own name where it comes from elsewhere, ending with a blank."""
    host: Text
    port: Port
    db: Text
    user: Text = ""
    password: Password = SecretStr("")
    secret: OptionalText = ""
    """The reference of a secret that holds the whole connection, in RDS's format."""
    connect_timeout: Annotated[int, Field(ge=1, le=300)] = 10
    """Seconds to wait for a connection."""

    not_needed: ClassVar[dict[str, tuple[str, ...]]] = {}
    """The fields that an authentication method does without, by ``auth``."""
    not_in_host: ClassVar[str] = r"[\s:]"
    """Characters that no host name has: they show that a port or a URL was given."""

    @model_validator(mode="before")
    @classmethod
    def _require_login(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Default the fields of a login to empty, so that validation reports them all at once."""
        optional = cls.not_needed.get(str(values.get("auth", "")), ())
        needed = [field for field in ("user", "password") if field not in optional]
        return {**dict.fromkeys(needed, ""), **values}

    @field_validator("host")
    @classmethod
    def _require_host_only(cls, value: str) -> str:
        bare = value[1:-1] if value.startswith("[") and value.endswith("]") else value
        if not is_address(bare) and re.search(cls.not_in_host, bare) and not bare.startswith("/"):
            raise PydanticCustomError("host", "it is not the name or address of a host alone")
        return bare

    @field_validator("db", "user")
    @classmethod
    def _require_no_connection_string(cls, value: str) -> str:
        """Messages name the database and the user, so neither may hold a password."""
        if _CONNECTION_STRING.search(value):
            raise PydanticCustomError("connection_string", "it is a URL or a connection string")
        return value

    @property
    def address(self) -> str:
        """Host and port for messages, with an IPv6 address in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def variable(self, field: str) -> str:
        """Return what messages call a field (see ``setting_name``)."""
        return setting_name(self.prefix, field)

    def worded(self, hint: str) -> str:
        """Return a hint that names variables (PG_USER, {prefix}USER) with these settings' names."""
        return re.sub(
            r"(?:\{prefix\}|\bPG_)([A-Z][A-Z_]*)",
            lambda found: self.variable(found[1].lower()),
            hint,
        )

    @property
    def is_loopback(self) -> bool:
        """Whether the connection stays on this machine, so that it needs no encryption."""
        return is_loopback(self.host)

    def with_login_source(self, login: LoginSource) -> Self:
        """Return the same settings with a login that is fetched from elsewhere."""
        settings = self.model_copy()
        settings._login = login  # noqa: SLF001 - a copy of this object
        return settings

    def with_login(self, connect: Callable[[Login], C]) -> C:
        """Connect. A login from elsewhere that the server refuses is fetched again, once."""
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
    """A SQL Server database: ``SQL_SERVER_<NAME>_HOST``, ``_DB``, ``_USER``, ``_PASSWORD`` ...

    By default encrypted with a verified certificate; on loopback neither is required.
    """

    not_needed = {
        SourceAuth.ENTRA_DEFAULT: ("user", "password"),
        SourceAuth.ENTRA_MANAGED_IDENTITY: ("user", "password"),
    }
    not_in_host = r"[\s:,;/\\]"
    """Also refuses ``host,1433`` and ``host\\instance``: the port is a setting of its own."""

    auth: SourceAuth = SourceAuth.SQL
    port: Port = 1433
    encrypt: Encrypt = Encrypt.YES
    trust_certificate: bool = False
    ca_file: Annotated[OptionalText, Field(validate_default=True)] = ""
    read_only_intent: bool = False
    """Whether a readable secondary of an availability group may serve the reads."""
    multi_subnet_failover: AutoOrBool = None
    """Whether all addresses of the host are tried at once; None (``auto``): if it has several."""

    @model_validator(mode="before")
    @classmethod
    def _default_encryption(cls, values: dict[str, Any]) -> dict[str, Any]:
        if is_loopback(str(values.get("host", ""))) and not values.get("ca_file"):
            values.setdefault("encrypt", Encrypt.OPTIONAL)
            values.setdefault("trust_certificate", True)
        return values

    @field_validator("encrypt")
    @classmethod
    def _require_encryption_for_tokens(cls, value: Encrypt, info: ValidationInfo) -> Encrypt:
        here = is_loopback(str(info.data.get("host", "")))
        if value is Encrypt.OPTIONAL and not here and "entra" in str(info.data.get("auth")):
            auth = setting_name(info.data["prefix"], "auth")
            raise PydanticCustomError("clear", "{auth}=entra-... needs encryption", {"auth": auth})
        return value

    @field_validator("ca_file")
    @classmethod
    def _require_verification_with_ca_file(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("trust_certificate"):
            trust = setting_name(info.data["prefix"], "trust_certificate")
            raise PydanticCustomError(
                "contradiction", "{trust} asks not to verify", {"trust": trust}
            )
        if value and info.data.get("encrypt") is Encrypt.OPTIONAL:
            encrypt = setting_name(info.data["prefix"], "encrypt")
            raise PydanticCustomError(
                "contradiction", "{encrypt} does not ask for encryption", {"encrypt": encrypt}
            )
        return value

    def __str__(self) -> str:
        return f"SQL Server {self.address} database {self.db}"


class TargetSettings(Database):
    """The PostgreSQL database: ``PG_HOST``, ``PG_DB``, ``PG_USER``, ``PG_PASSWORD``, ``PG_PORT``.

    ``PG_HOST`` may be the directory of a Unix socket. TLS is required except on loopback; with
    PG_SSLROOTCERT, the server's certificate and name are verified.
    """

    not_needed = {TargetAuth.IAM: ("password",)}

    auth: TargetAuth = TargetAuth.PASSWORD
    port: Port = 5432
    sslmode: SslMode = SslMode.REQUIRE
    sslrootcert: Annotated[OptionalText, Field(validate_default=True)] = ""

    @model_validator(mode="before")
    @classmethod
    def _default_encryption(cls, values: dict[str, Any]) -> dict[str, Any]:
        if values.get("sslrootcert"):
            values.setdefault("sslmode", SslMode.VERIFY_FULL)
        elif is_loopback(str(values.get("host", ""))):
            values.setdefault("sslmode", SslMode.PREFER)
        return values

    @field_validator("sslmode")
    @classmethod
    def _require_encryption_for_tokens(cls, value: SslMode, info: ValidationInfo) -> SslMode:
        weak = value in {SslMode.DISABLE, SslMode.ALLOW, SslMode.PREFER}
        here = is_loopback(str(info.data.get("host", "")))
        if weak and not here and info.data.get("auth") is TargetAuth.IAM:
            auth = setting_name(info.data["prefix"], "auth")
            raise PydanticCustomError("clear", "{auth}=iam needs TLS", {"auth": auth})
        return value

    @field_validator("sslrootcert")
    @classmethod
    def _require_root_certificate(cls, value: str, info: ValidationInfo) -> str:
        """Validate the field, not the model, so that this is reported with all other problems."""
        if str(info.data.get("sslmode", "")).startswith("verify") and not value:
            sslmode = setting_name(info.data["prefix"], "sslmode")
            raise PydanticCustomError(
                "missing_root", "{sslmode} asks to verify the server", {"sslmode": sslmode}
            )
        return value

    def __str__(self) -> str:
        return f"PostgreSQL {self.address} database {self.db}"


@dataclass(frozen=True, slots=True)
class Settings:
    """All connections of a deployment: the sources by ``db_type``, and the one target."""

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
