"""``tableferry init``: from two connections to a table file, the ``.env`` beside it and a plan."""

import shlex
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tableferry.cli.copy import Exclude, MapSchema, Views, named_tables
from tableferry.cli.shared import SOURCE_FORMS, TARGET_FORMS, AsJson
from tableferry.errors import ConfigError
from tableferry.frontend.command import Style, run_command

if TYPE_CHECKING:
    from tableferry.cli.first_files import NewFile
    from tableferry.cli.sides import Sides
    from tableferry.config import TableSpec
    from tableferry.frontend.execute import RunCallbacks
    from tableferry.frontend.response import Result
    from tableferry.frontend.view import View
    from tableferry.inspect.named_tables import NamedTables
    from tableferry.inspect.plan_report import PlanReport

ENV_FILE: Final = ".env"

EVERY_TABLE: Final = "dbo.*"

Source = Annotated[str, typer.Option(help=SOURCE_FORMS, metavar="<str>")]
Target = Annotated[
    str,
    typer.Option(help=TARGET_FORMS, metavar="<str>"),
]
Name = Annotated[
    str, typer.Option(help="The source's name in SQL_SERVER_<NAME>_HOST.", metavar="<str>")
]
Named = Annotated[
    list[str] | None,
    typer.Option("--table", help="As in copy: 'dbo.*'. May be repeated.", metavar="<str>"),
]
Config = Annotated[
    Path, typer.Option(help="The table file to write; .env is beside it.", show_default=True)
]
Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing; take the defaults.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what is there already.")]


def init(
    *,
    source: Source = "",
    target: Target = "",
    name: Name = "",
    table: Named = None,
    exclude: Exclude = None,
    views: Views = False,
    map_schema: MapSchema = None,
    config: Config = Path("tables.toml"),
    yes: Yes = False,
    force: Force = False,
    as_json: AsJson = False,
) -> int:
    """Write a table file and .env for two databases, and sum up the plan."""

    def work(callbacks: "RunCallbacks") -> "Result":
        from tableferry.cli.first_files import require_free, schema_file, write_all
        from tableferry.cli.questions import Questions
        from tableferry.cli.sides import connect_sides

        require_free(config, force=force)
        schema = schema_file(config, force=force)
        questions = Questions.here(wanted=not yes)
        sides = connect_sides(source, target, name, questions)
        patterns = table or [questions.text("Tables", "--table", EVERY_TABLE)]
        asked = named_tables(
            patterns, exclude=exclude, views=views, map_schema=map_schema, source=sides.name
        )
        tables = _table_file(config, _tables(asked, sides), sides, schema.path)
        env = config.parent / ENV_FILE
        files = [_env_file(env, sides, force=force), schema, tables]
        if not questions.agreed(f"Write {config}, its schema and {env}?"):
            raise ConfigError("Nothing was written", hint="Run it again with other answers.")
        write_all(files)
        plan = _plan_of(config, sides, callbacks)
        return FirstSteps(plan, (env, config, schema.path), next_steps(config))

    return run_command(work, Style(as_json=as_json, prints_itself=True), show=_show)


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What was written, the plan of the tables, and the commands that come next."""

    plan: "PlanReport"
    files: tuple[Path, ...]
    steps: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every table could be planned."""
        return self.plan.ok

    @property
    def any_ok(self) -> bool:
        """Whether any table could be planned."""
        return self.plan.any_ok

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form: the plan's, the files and the next commands."""
        files = [str(path) for path in self.files]
        return {**self.plan.to_dict(), "files": files, "next": list(self.steps)}


def next_steps(config: Path) -> tuple[str, ...]:
    """Return the commands that come next: load, compare, repeat."""
    named = f"--config {shlex.quote(str(config))}"
    return (
        f"tableferry sync {named}",
        f"tableferry verify {named}",
        f"tableferry watch {named} --every 15m",
    )


def crontab_line(command: str, folder: Path, python: Path) -> str:
    """Return the line with which cron runs a command of tableferry every 15 minutes.

    cron looks for commands in /usr/bin and /bin only, and takes ``%`` for the end of the line.
    """
    script = python.with_name("tableferry")
    program = (
        shlex.quote(str(script)) if script.exists() else f"{shlex.quote(str(python))} -m tableferry"
    )
    run = command.replace("tableferry", program, 1)
    line = f"cd {shlex.quote(str(folder))} && {run} --quiet"
    return f"*/15 * * * * {line.replace('%', chr(92) + '%')}"


def _show(view: "View", result: "Result") -> None:
    if not isinstance(result, FirstSteps):
        view.end(result)
        return
    from tableferry.report.answers_view import ASKING
    from tableferry.report.console import plain
    from tableferry.report.plan_summary import show_plan_summary

    view.screen.doing(ASKING, None)
    show_plan_summary(result.plan, view.screen)
    sync, verify, watch = result.steps
    with view.screen.printing() as out:
        written = ", ".join(str(path) for path in result.files)
        first = "" if result.ok else ", after what is to be done above"
        lines = [
            f"Written: {plain(written)}. {ENV_FILE} has the passwords: keep it to yourself.",
            f"The whole plan, which writes nothing: {plain(sync).replace(' sync ', ' plan ', 1)}",
            f"Next{first}:",
            f"  {plain(sync)}",
            f"  {plain(verify)}",
            f"On a schedule: {plain(watch)}, as a service of systemd, say; or in cron:",
            f"  {plain(crontab_line(sync, Path.cwd(), Path(sys.executable)))}",
            "In AWS, a Lambda function that EventBridge invokes does the same.",
        ]
        for line in lines:
            out.print(line, soft_wrap=True)


def _found(specs: "Sequence[TableSpec]") -> str:
    """Return how many tables there are in each schema; two hundred names would be a screenful."""
    from tableferry.model.counting import counted

    schemas = Counter(spec.source.schema for spec in specs)
    parts = ", ".join(f"{count:,} in {schema}" for schema, count in schemas.items())
    return f"{counted(len(specs), 'table')} found: {parts}"


def _progress_only(callbacks: "RunCallbacks") -> Callable[[object], None]:
    """Return a listener that shows what is being planned: the plans are summed up at the end."""
    from tableferry.inspect.asking import Asking

    def listen(answer: object) -> None:
        if isinstance(answer, Asking):
            callbacks.answer(answer)

    return listen


def _tables(asked: "NamedTables", sides: "Sides") -> "Sequence[TableSpec]":
    """Find the tables in the source, and say how many there are."""
    from tableferry.cli.questions import tell
    from tableferry.inspect.named_tables import find_named

    found = find_named(asked, sides.source.settings)
    for text in (_found(found.tables), *found.warnings):
        tell(text)
    return found.tables


def _env_file(path: Path, sides: "Sides", *, force: bool) -> "NewFile":
    from tableferry.cli.first_files import env_file

    variables = {
        **_variables(f"SQL_SERVER_{sides.name.upper()}_", sides.source.fields),
        **_variables("PG_", sides.target.fields),
    }
    return env_file(path, variables, force=force)


def _table_file(
    path: Path, specs: "Sequence[TableSpec]", sides: "Sides", schema: Path
) -> "NewFile":
    from tableferry.cli.first_files import table_file
    from tableferry.inspect.entry_columns import columns_of

    return table_file(path, specs, schema, columns_of(specs, sides.source.settings))


def _plan_of(config: Path, sides: "Sides", callbacks: "RunCallbacks") -> "PlanReport":
    """Plan the tables of the file: what was written is what counts from now on."""
    from tableferry.config import Settings
    from tableferry.config.config_file import read_tables
    from tableferry.inspect.plan_report import plan_tables

    settings = Settings({sides.name: sides.source.settings}, sides.target.settings)
    return plan_tables(read_tables(config), settings, on_answer=_progress_only(callbacks))


def _variables(prefix: str, fields: Mapping[str, str]) -> dict[str, str]:
    return {f"{prefix}{field.upper()}": text for field, text in fields.items() if text}
