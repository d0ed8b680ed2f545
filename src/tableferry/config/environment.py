"""Settings from the environment and from ``.env``.

Real environment variables win over ``.env``; an empty variable counts as missing. Every problem is
reported at once, by variable name.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError

from tableferry.config.connections import (
    Database,
    Settings,
    SourceSettings,
    TargetAuth,
    TargetSettings,
)
from tableferry.config.login import KeptLogin, Login, LoginSource, MadeLogin, Vault
from tableferry.config.secret_references import is_reference, read_connection, read_secret
from tableferry.errors import ConfigError, TableferryError, TransientError

T = TypeVar("T", bound=Database)


def load_settings(
    db_types: Iterable[str], env_file: Path | None = None, vault: Vault | None = None
) -> Settings:
    """Read all settings; raises one ConfigError that names every missing or malformed variable.

    TransientError where nothing is wrong but that a secret could not be read just now. ``vault`` is
    asked for the secrets that variables name, where any does.
    """
    reading = _Reading(_variables(env_file), vault)
    sources = {
        db_type: reading.load(SourceSettings, f"SQL_SERVER_{db_type.upper()}_")
        for db_type in db_types
    }
    target = reading.load(TargetSettings, "PG_")
    if reading.problems or target is None:
        raise reading.refusal(env_file)
    return Settings({name: found for name, found in sources.items() if found}, target)


def load_source(
    db_type: str, env_file: Path | None = None, vault: Vault | None = None
) -> SourceSettings:
    """Read one source's settings, and nobody else's; raises ConfigError as ``load_settings``."""
    reading = _Reading(_variables(env_file), vault)
    found = reading.load(SourceSettings, f"SQL_SERVER_{db_type.upper()}_")
    if found is None:
        raise reading.refusal(env_file)
    return found


def find_env_file(*starts: Path) -> Path | None:
    """Return the first ``.env`` in these folders or right above one, None where there is none."""
    for start in starts:
        for folder in (start, start.parent):
            if (folder / ".env").is_file():
                return folder / ".env"
    return None


@dataclass(frozen=True, slots=True)
class _Reading:
    """One look at the environment, and what is wrong with it so far."""

    variables: Mapping[str, str]
    vault: Vault | None
    problems: list[str] = field(default_factory=list)
    passing: list[str] = field(default_factory=list)
    """Those of the problems that may be over in a minute."""

    def refusal(self, env_file: Path | None) -> TableferryError:
        """Return the error that tells all problems."""
        if self.passing and self.passing == self.problems:
            return TransientError(
                "Secrets could not be read:\n  " + "\n  ".join(self.problems),
                hint="Nothing was begun. Run it again in a minute.",
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
            login = self._whole(prefix, given, secret)
        elif is_reference(given.get("password", "")):
            login = self._password(prefix, given, given["password"])
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
            login = self._token(found)
        return found.kept_by(login) if login else found

    def _whole(self, prefix: str, given: dict[str, str], reference: str) -> LoginSource | None:
        """Fill in what a secret holds of a connection; what a variable says besides it counts."""
        twice = [name for name in ("user", "password") if name in given]
        for name in twice:
            variable = f"{prefix}{name}".upper()
            self.problems.append(f"{variable} is set, and {prefix}SECRET as well: one is enough")
        vault = self._vault(f"{prefix}SECRET")
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
        return KeptLogin(Login(held["user"], SecretStr(held["password"])), fetch)

    def _password(self, prefix: str, given: dict[str, str], reference: str) -> LoginSource | None:
        """Put the password in the place of where it is kept."""
        vault = self._vault(f"{prefix}PASSWORD")
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
        return KeptLogin(current, fetch)

    def _token(self, found: TargetSettings) -> LoginSource | None:
        vault = self._vault("PG_AUTH")
        if vault is None:
            return None

        def make() -> Login:
            return Login(found.user, SecretStr(vault.token(found.host, found.port, found.user)))

        return MadeLogin(make)

    def _vault(self, variable: str) -> Vault | None:
        if self.vault is None:
            self.problems.append(f"{variable} needs AWS, and nothing here asks it")
        return self.vault

    def _unreadable(self, variable: str, error: TableferryError) -> None:
        told = f"{variable} cannot be read: {error.message}. {error.hint}"
        self.problems.append(told)
        if isinstance(error, TransientError):
            self.passing.append(told)


def _incomplete(problems: Iterable[str], env_file: Path | None) -> ConfigError:
    where = f"the environment or {env_file}" if env_file else "the environment (no .env found)"
    return ConfigError(
        "The configuration is not complete:\n  " + "\n  ".join(problems),
        hint=f"Set these variables in {where}; .env.example shows all of them.",
    )


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


def problem_of(prefix: str, found: dict[str, Any]) -> str:
    """One sentence about one variable; the value is never part of it."""
    variable = f"{prefix}{str(found['loc'][0]).upper()}"
    if found["type"] == "missing_root":
        return f"{variable} is missing: {found['msg']}"
    if found["type"] in {"missing", "string_too_short", "too_short"}:
        return f"{variable} is missing"
    return f"{variable} is not valid: {_plainly(variable, found)}"


def _plainly(variable: str, found: dict[str, Any]) -> str:
    """Say what is wrong of one value, in words for who wrote it."""
    bounds = found.get("ctx", {})
    match found["type"]:
        case "host":
            port = variable.removesuffix("HOST") + "PORT"
            whose = "" if variable == "PG_HOST" else ", that of a named instance too,"
            return f"{found['msg']}; a port{whose} goes into {port}"
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
