"""The two databases that ``tableferry init`` connects to, from options or from answers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from tableferry.cli.questions import Questions, show_error, tell
from tableferry.errors import ConfigError, TableferryError

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Connected:
    """A database that has answered: the fields that its variables get, and the settings."""

    fields: Mapping[str, str]
    settings: Any


@dataclass(frozen=True, slots=True)
class Sides:
    """Both databases, and the source's name."""

    name: str
    source: Connected
    target: Connected


def connect_sides(source: str, target: str, name: str, questions: Questions) -> Sides:
    """Connect to both sides, and name the source; what no option says is asked for."""
    from_ = _source(source, questions)
    known_as = _name(name, from_.settings.db, questions)
    return Sides(known_as, from_, _target(target, questions))


def _source(argument: str, questions: Questions) -> Connected:
    from tableferry import sqlserver
    from tableferry.cli.connecting import source_fields, source_with

    def asked(known: Mapping[str, str]) -> dict[str, str]:
        return _asked("SQL Server", "--source", {"port": "1433", **known}, questions)

    given = source_fields(argument, questions.password) if argument else None
    return _connected(given, asked, source_with, sqlserver.connect, questions)


def _target(argument: str, questions: Questions) -> Connected:
    from tableferry import postgres
    from tableferry.cli.connecting import target_fields, target_with

    def asked(known: Mapping[str, str]) -> dict[str, str]:
        return _asked("PostgreSQL", "--target", {"port": "5432", **known}, questions)

    given = target_fields(argument, questions.password) if argument else None
    return _connected(given, asked, target_with, postgres.connect, questions)


def _connected(
    given: dict[str, str] | None,
    asked: Callable[[Mapping[str, str]], dict[str, str]],
    settings_with: Callable[[Mapping[str, str]], S],
    connect: Callable[[S], Any],
    questions: Questions,
) -> Connected:
    """Connect to one side; what was typed is asked for again where it leads nowhere."""
    fields = asked({}) if given is None else given
    while True:
        try:
            settings = settings_with(fields)
            connect(settings).close()
        except TableferryError as error:
            if given is not None or not questions.are_answered:
                raise
            show_error(error)
            fields = asked({name: text for name, text in fields.items() if name != "password"})
        else:
            tell(f"{settings} answers")
            return Connected(fields, settings)


def _asked(
    server: str, option: str, known: Mapping[str, str], questions: Questions
) -> dict[str, str]:
    """Ask for the parts of a connection; raises ConfigError that names the option for all."""
    if questions.password is None:
        raise ConfigError(f"{option} is missing", hint=f"Pass {option}: there is nobody to ask.")
    labels = {"host": "host", "port": "port", "db": "database", "user": "user"}
    found = {
        field: questions.text(f"{server} {label}", option, known.get(field, ""))
        for field, label in labels.items()
    }
    return {**found, "password": questions.password(f"{server} password: ")}


def _name(given: str, database: str, questions: Questions) -> str:
    """Return the source's name; raises ConfigError for one that no variable can have."""
    from tableferry.model.naming import pg_name

    proposed = re.sub(r"[^a-z0-9_]", "_", pg_name(database).lower())
    name = given or questions.text("Name of the source", "--name", proposed)
    if not re.fullmatch(r"[A-Za-z0-9_]+", name):
        raise ConfigError(
            "The source's name has other signs than letters of ASCII, digits and _",
            hint="It becomes part of a variable's name: SQL_SERVER_<NAME>_HOST.",
        )
    return name.lower()
