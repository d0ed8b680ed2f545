"""Load settings from the environment and from ``.env``.

Environment variables take precedence over ``.env``; an empty variable counts as missing. All
problems are reported at once, by variable name.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError

from tableferry.config.connection_options import TargetAuth, setting_name
from tableferry.config.connections import Database, Settings, SourceSettings, TargetSettings
from tableferry.config.listed_secrets import listed_secrets
from tableferry.config.login import Login, LoginSource, StoredLogin, TokenLogin, Vault
from tableferry.config.secret_references import is_reference, read_connection, read_secret
from tableferry.config.setting_types import encoding_problem
from tableferry.errors import ConfigError, TableferryError, TransientError

T = TypeVar("T", bound=Database)


def load_settings(
    db_types: Iterable[str], env_file: Path | None = None, vault: Vault | None = None
) -> Settings:
    """Read all settings; raises one ConfigError that names every missing or malformed variable.

    Raises TransientError where the only problem is a secret that cannot be read right now.
    ``vault`` provides the secrets that variables refer to.
    """
    reader = _EnvironmentReader(_variables(env_file), vault)
    sources = {
        db_type: reader.load(SourceSettings, f"SQL_SERVER_{db_type.upper()}_")
        for db_type in db_types
    }
    target = reader.load(TargetSettings, "PG_")
    if reader.problems or target is None:
        raise reader.refusal(env_file)
    return Settings({name: found for name, found in sources.items() if found}, target)


def load_source(
    db_type: str, env_file: Path | None = None, vault: Vault | None = None
) -> SourceSettings:
    """Read the settings of one source only; raises the errors of ``load_settings``."""
    reader = _EnvironmentReader(_variables(env_file), vault)
    found = reader.load(SourceSettings, f"SQL_SERVER_{db_type.upper()}_")
    if found is None:
        raise reader.refusal(env_file)
    return found


def assembled(
    kind: type[T],
    prefix: str,
    given: Mapping[str, str],
    vault: Vault | None,
    refusal: Callable[[str], ConfigError],
) -> T:
    """Return the settings that these fields make, with secrets and tokens as variables have them.

    Raises ``refusal`` of the problems, TransientError where a secret cannot be read right now.
    """
    variables = {f"{prefix}{field.upper()}": text for field, text in given.items()}
    reader = _EnvironmentReader(variables, vault)
    found = reader.load(kind, prefix)
    if found is not None:
        return found
    problems = "\n  ".join(["", *reader.problems])
    if reader.transient == reader.problems:
        raise TransientError(
            f"Secrets could not be read:{problems}",
            hint="Nothing was started. Run it again in a minute.",
        )
    raise refusal(problems)


def find_env_file(*starts: Path) -> Path | None:
    """Return the first ``.env`` in these directories or their parents, None for none.

    A directory that was deleted, or that this process may not search, holds none.
    """
    for start in starts:
        # Path.is_file raises PermissionError before Python 3.14; resolve asks for the working
        # directory, which may be gone.
        with contextlib.suppress(OSError):
            here = start.resolve()
            for folder in (here, here.parent):
                with contextlib.suppress(OSError):
                    if (folder / ".env").is_file():
                        return folder / ".env"
    return None


@dataclass(frozen=True, slots=True)
class _EnvironmentReader:
    """Reads settings from one set of variables, and collects the problems."""

    variables: Mapping[str, str]
    vault: Vault | None
    problems: list[str] = field(default_factory=list)
    transient: list[str] = field(default_factory=list)
    """Those of the problems that a later attempt may not have."""

    def refusal(self, env_file: Path | None) -> TableferryError:
        """Return the error that lists all problems."""
        if self.transient and self.transient == self.problems:
            return TransientError(
                "Secrets could not be read:\n  " + "\n  ".join(self.problems),
                hint="Nothing was started. Run it again in a minute.",
            )
        return _incomplete(self.problems, env_file)

    def load(self, kind: type[T], prefix: str) -> T | None:
        """Return one database's settings, None where there were problems."""
        given = {
            name: self.variables[variable]
            for name in kind.model_fields
            if (variable := f"{prefix}{name.upper()}") in self.variables
        }
        before = len(self.problems)
        login = None
        if secret := given.get("secret"):
            login = self._secret_login(prefix, given, secret)
        elif is_reference(given.get("password", "")):
            login = self._password_login(prefix, given, given["password"])
        if len(self.problems) > before:
            return None
        try:
            found = kind.model_validate({**given, "prefix": prefix})
        except ValidationError as error:
            self.problems.extend(
                problem_of(prefix, dict(one)) for one in error.errors(include_input=False)
            )
            return None
        if isinstance(found, TargetSettings) and found.auth is TargetAuth.IAM:
            login = self._token_login(found)
        return found.with_login_source(login) if login else found

    def _secret_login(
        self, prefix: str, given: dict[str, str], reference: str
    ) -> LoginSource | None:
        """Add a secret's connection to ``given``, where variables take precedence."""
        twice = [name for name in ("user", "password") if name in given]
        for name in twice:
            variable = f"{prefix}{name}".upper()
            self.problems.append(f"{variable} is set, and {prefix}SECRET as well: one is enough")
        vault = self._vault(f"{prefix}SECRET", reference)
        if twice or vault is None:
            return None

        def fetch() -> Login:
            found = read_connection(vault, reference)
            return Login(found["user"], SecretStr(found["password"]))

        try:
            held = read_connection(vault, reference)
        except TableferryError as error:
            self._unreadable(f"{prefix}SECRET", error)
            return None
        given |= {name: value for name, value in held.items() if name not in given}
        return StoredLogin(Login(held["user"], SecretStr(held["password"])), fetch)

    def _password_login(
        self, prefix: str, given: dict[str, str], reference: str
    ) -> LoginSource | None:
        """Replace the reference in ``given`` with the password that it names."""
        vault = self._vault(f"{prefix}PASSWORD", reference)
        if vault is None:
            return None
        user = given.get("user", "").strip()

        def fetch() -> Login:
            return Login(user, SecretStr(read_secret(vault, reference)))

        try:
            current = fetch()
        except TableferryError as error:
            self._unreadable(f"{prefix}PASSWORD", error)
            return None
        given["password"] = current.password.get_secret_value()
        return StoredLogin(current, fetch)

    def _token_login(self, found: TargetSettings) -> LoginSource | None:
        vault = self._vault("PG_AUTH")
        if vault is None:
            return None

        def make() -> Login:
            return Login(found.user, SecretStr(vault.token(found.host, found.port, found.user)))

        return TokenLogin(make)

    def _vault(self, variable: str, reference: str = "") -> Vault | None:
        """Return the vault, None with a problem where it cannot be asked for this reference."""
        if problem := encoding_problem(reference):
            self.problems.append(f"{variable} is not valid: {problem}")
            return None
        if self.vault is None:
            self.problems.append(f"{variable} needs AWS, which is not available here")
        return self.vault

    def _unreadable(self, variable: str, error: TableferryError) -> None:
        problem = f"{variable} cannot be read: {error.message}. {error.hint}"
        self.problems.append(problem)
        if isinstance(error, TransientError):
            self.transient.append(problem)


def _incomplete(problems: Iterable[str], env_file: Path | None) -> ConfigError:
    where = f"the environment or {env_file}" if env_file else "the environment (no .env found)"
    return ConfigError(
        "The configuration is not complete:\n  " + "\n  ".join(problems),
        hint=f"Set these variables in {where}.",
    )


def _variables(env_file: Path | None) -> dict[str, str]:
    """Return the variables that are set; a ``$`` in a value (a password, say) is literal."""
    from_file = _from_file(env_file) if env_file else {}
    real = {name: value for name, value in os.environ.items() if value}
    given = {name: value for name, value in {**from_file, **real}.items() if value}
    return {**listed_secrets(given), **given}


def _from_file(env_file: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(env_file, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        # A decoding error's message quotes the file, passwords included.
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"{env_file} cannot be read: {reason}", hint="Save it as UTF-8 text that you may read."
        ) from None


def problem_of(prefix: str, found: dict[str, Any]) -> str:
    """One sentence about one setting; the value is never part of it."""
    variable = setting_name(prefix, str(found["loc"][0]))
    if found["type"] == "missing_root":
        return f"{variable} is missing: {found['msg']}"
    if found["type"] in {"missing", "string_too_short", "too_short"}:
        return f"{variable} is missing"
    return f"{variable} is not valid: {_reason(prefix, found)}"


def _reason(prefix: str, found: dict[str, Any]) -> str:
    """Return what is wrong with a value, in terms of the settings' names."""
    bounds = found.get("ctx", {})
    match found["type"]:
        case "host":
            port = setting_name(prefix, "port")
            is_target = prefix.startswith(("PG_", "the target"))
            whose = "" if is_target else " (also of a named instance)"
            return f"{found['msg']}; a port{whose} goes into {port}"
        case "connection_string":
            others = ", ".join(
                setting_name(prefix, field) for field in ("host", "user", "password")
            )
            return f"{found['msg']}: its parts go into {others} and the like"
        case "string_unicode":
            return "it is not UTF-8 text"
        case "int_parsing" | "int_parsing_size" | "int_from_float":
            return "it is not a whole number"
        case "greater_than_equal":
            return f"it is less than {bounds['ge']}"
        case "less_than_equal":
            return f"it is more than {bounds['le']}"
        case "bool_parsing":
            return "it is neither true nor false"
        case "enum":
            return f"it is not one of {bounds['expected']}".replace("'", "")
        case _:
            return str(found["msg"])
