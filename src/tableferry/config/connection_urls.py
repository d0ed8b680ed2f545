"""Connections written as URLs: ``mssql://user:password@host:1433/McTM?encrypt=yes``.

The parameters after ``?`` have the names of the settings' fields. A URL holds a password, so no
message quotes any part of one.
"""

from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import ValidationError

from tableferry.config.connection_options import TargetAuth
from tableferry.config.connections import Database, SourceSettings, TargetSettings
from tableferry.config.environment import problem_of
from tableferry.errors import ConfigError

T = TypeVar("T", bound=Database)

SOURCE_PREFIX: Final = "the source URL's "
TARGET_PREFIX: Final = "the target URL's "
"""What messages put before a setting's name, where settings from variables have ``PG_``."""

NOT_PARAMETERS: Final = frozenset({"prefix", "host", "port", "db", "user", "password", "secret"})
"""Fields that are other parts of the URL, or that only variables have."""


@dataclass(frozen=True, slots=True)
class UrlForm(Generic[T]):
    """How the URL of one side is written."""

    kind: type[T]
    side: str
    prefix: str
    schemes: tuple[str, ...]
    example: str

    @property
    def parameters(self) -> list[str]:
        """The names that may stand after the question mark."""
        return [name for name in self.kind.model_fields if name not in NOT_PARAMETERS]

    def parts(self, url: str) -> dict[str, str]:
        """Return the parts of a URL, by field, without those that it lacks; raises ConfigError."""
        try:
            return _fields(urlsplit(url), self)
        except ValueError:  # of brackets without an address, or bytes that are no UTF-8
            raise self.refusal("it is not a URL") from None

    def refusal(self, problem: str) -> ConfigError:
        """Return the error for a URL that cannot be used."""
        return ConfigError(
            f"The URL of {self.side} cannot be used: {problem}",
            hint=f"Write it as {self.example}; in user, password and database write each of "
            "% / ? # @ : as a percent code: %25 %2F %3F %23 %40 %3A.",
        )


SOURCE_FORM: Final[UrlForm[SourceSettings]] = UrlForm(
    SourceSettings,
    "the source",
    SOURCE_PREFIX,
    ("mssql",),
    "mssql://user:password@host:1433/database",
)
TARGET_FORM: Final[UrlForm[TargetSettings]] = UrlForm(
    TargetSettings,
    "the target",
    TARGET_PREFIX,
    ("postgresql", "postgres"),
    "postgresql://user:password@host:5432/database",
)


def source_from_url(url: str) -> SourceSettings:
    """Return the settings of a SQL Server; raises ConfigError, which never quotes the URL."""
    return _settings(url, SOURCE_FORM)


def target_from_url(url: str) -> TargetSettings:
    """Return the settings of a PostgreSQL; raises ConfigError, which never quotes the URL.

    ``auth=iam`` is refused: the tokens come from a vault, which only ``Settings.from_env`` takes.
    """
    found = _settings(url, TARGET_FORM)
    if found.auth is TargetAuth.IAM:
        raise TARGET_FORM.refusal("auth=iam needs Settings.from_env with a vault")
    return found


def _settings(url: str, form: UrlForm[T]) -> T:
    given = form.parts(url)
    try:
        return form.kind.model_validate({**given, "prefix": form.prefix})
    except ValidationError as error:
        found = [problem_of(form.prefix, dict(one)) for one in error.errors(include_input=False)]
        raise form.refusal("\n  ".join(["", *found])) from None


def _fields(parts: SplitResult, form: UrlForm[T]) -> dict[str, str]:
    """Take a URL to pieces. A password that is not encoded ends up anywhere: quote nothing."""
    if parts.scheme not in form.schemes:
        raise form.refusal(f"it does not begin with {' or '.join(form.schemes)}://")
    login, at, place = parts.netloc.rpartition("@")
    database = parts.path.removeprefix("/")
    if not at or "/" in database or "@" in parts.path + parts.query or parts.fragment:
        raise form.refusal("it has no user and password, or signs in them that are not encoded")
    user, _, password = login.partition(":")
    host, colon, port = place.rpartition(":")
    if not colon or "]" in port:
        host, port = place, ""
    given = {"user": user, "password": password, "host": host, "port": port, "db": database}
    return {
        **{name: unquote(text, errors="strict") for name, text in given.items() if text},
        **_parameters(parts.query, form, may_name_host=not host),
    }


def _parameters(query: str, form: UrlForm[T], *, may_name_host: bool) -> dict[str, str]:
    known = form.parameters
    found: dict[str, str] = {}
    for pair in query.split("&") if query else []:
        name, _, text = pair.partition("=")
        # A socket's folder, as libpq takes it: postgresql://user:password@/database?host=/tmp
        if name not in known and not (name == "host" and may_name_host):
            raise form.refusal(f"a parameter is not known; known are {', '.join(known)}")
        if name in found:
            raise form.refusal(f"it has {name} twice")
        found[name] = unquote(text, errors="strict")
    return found
