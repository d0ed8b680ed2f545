"""One case: a command, and everything hostile that it meets. The same seed makes the same case."""

import random
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from fuzz import hostile
from fuzz.world import NAMES, REFUSED, SOURCE_URL, TARGET_URL, entry
from tests.support.proxy import Direction

COMMANDS: Final[tuple[tuple[str, ...], ...]] = (
    ("sync",), ("sync",), ("sync",), ("sync", "--jobs", "3"), ("plan",), ("check",), ("doctor",),
    ("discover", "--source", "fuzz"), ("info",), ("verify",), ("config", "explain"),
    ("status",), ("status", "--html", "page.html"), ("status", "--openmetrics", "metrics.prom"),
    ("history",), ("runs",), ("quarantine", "--keys"),
    ("copy", SOURCE_URL, TARGET_URL, "--table", "dbo.Pl*"),
    ("copy", SOURCE_URL, TARGET_URL, "--table", "dbo.*", "--jobs", "4"),
    ("init", "--source", SOURCE_URL, "--target", TARGET_URL, "--table", "dbo.Pl*", "--yes"),
)  # fmt: skip
_ABOUT_A_TABLE: Final = ("config", "history", "quarantine")
"""Commands that take a table's key as an argument."""

STREAMS: Final = ("full", "closed", "reader gone", "ascii")
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FOLDERS: Final = ("deleted", "forbidden")


@dataclass(frozen=True)
class Case:
    """What is run and how; the defaults are a command that works.

    ``kind``: the command itself, a Lambda event, or a call of the Python API. ``out`` and ``err``
    say what the streams are, beside an ordinary pipe. ``stop`` is a signal and the seconds after
    which it is sent. ``cut`` is a wire (source, target), a direction and the bytes before the cut.
    ``fresh`` starts a new interpreter rather than a copy of one that has loaded everything.
    """

    number: int
    kind: str = "command"
    arguments: tuple[str, ...] = ()
    event: Any = None
    variables: Mapping[bytes, bytes | None] = field(default_factory=dict)
    config: bytes = b""
    config_name: str = "table_configs.py"
    out: str = ""
    err: str = ""
    folder: str = ""
    stop: tuple[signal.Signals, float] | None = None
    cut: tuple[str, Direction, int] | None = None
    fresh: bool = False

    @property
    def is_json(self) -> bool:
        """Whether stdout has to be one JSON document."""
        shows_help = {"--help", "-h", "--version"} & set(self.arguments)
        return self.kind == "command" and "--json" in self.arguments and not shows_help

    @property
    def prints(self) -> bool:
        """Whether the configuration file, a program of its owner's, prints something itself."""
        return b"print(" in self.config

    def __str__(self) -> str:
        hostile_parts = {
            name: value
            for name, value in vars(self).items()
            if value and name not in ("number", "config")
        }
        return f"case {self.number}: {hostile_parts!r}\n{self.config.decode('utf-8', 'replace')}"


def make_case(seed: int, number: int) -> Case:
    """Make the case of this number: a working one that meets one to three hostile things."""
    chance = random.Random(f"{seed}/{number}")
    case = _working(number, chance)
    for _ in range(chance.choice((1, 1, 2, 3))):
        case = chance.choices(_CHANGES, _WEIGHTS)[0](case, chance)
    return case


def _working(number: int, chance: random.Random) -> Case:
    names = chance.sample(NAMES, chance.choice((1, 1, 2, 3)))
    if chance.random() < 0.15:
        names.append(REFUSED)
    entries = {_key(name): entry(name, **_options(chance)) for name in names}
    case = Case(number, config=_text_of(entries), fresh=chance.random() < 0.04)
    if (kind := chance.random()) < 0.08:
        return replace(case, kind="event", event=chance.choice(hostile.EVENTS))
    if kind < 0.16:
        return replace(case, kind="api")
    arguments = chance.choice(COMMANDS)
    if arguments[0] in _ABOUT_A_TABLE and chance.random() < 0.8:
        arguments += (_key(names[0]),)
    if chance.random() < 0.3:
        arguments += ("--json",)
    if arguments[0] == "sync" and chance.random() < 0.2:
        arguments += ("--publish-together",)
    return replace(case, arguments=arguments)


def _key(name: str) -> str:
    """Return a table's key: its name, unless that cannot be a key."""
    return name if name.isprintable() else "unprintable"


def _options(chance: random.Random) -> dict[str, Any]:
    options: dict[str, Any] = {"publish": chance.choice(("auto", "swap", "merge", "truncate"))}
    if chance.random() < 0.2 and options["publish"] in ("swap", "merge"):
        options |= {"chunks": 3, "parallel": 2}
    if chance.random() < 0.2:
        options |= {"on_invalid": "quarantine", "max_invalid": chance.choice((5, 1000))}
    return options


def _text_of(entries: Mapping[Any, Any]) -> bytes:
    """Return a configuration file; NaN and the like have no literal."""
    text = f"nan, inf = float('nan'), float('inf')\nTABLE_CONFIGS = {entries!r}\n"
    for shown, name in (("<class 'object'>", "object"), ("<built-in function len>", "len")):
        text = text.replace(shown, name)
    return text.encode("utf-8", "backslashreplace")


def _variable(case: Case, chance: random.Random) -> Case:
    name, value = hostile.variable(chance)
    return replace(case, variables={**case.variables, name: value})


def _missing_variable(case: Case, chance: random.Random) -> Case:
    name = chance.choice(hostile.VARIABLES).encode()
    return replace(case, variables={**case.variables, name: None})


def _entry(case: Case, chance: random.Random) -> Case:
    name = chance.choice(NAMES)
    entries = {_key(name): entry(name) | dict([hostile.change(chance)])}
    if chance.random() < 0.3:
        entries["twin"] = entry(name)
    return replace(case, config=_text_of(entries))


def _file(case: Case, chance: random.Random) -> Case:
    return replace(case, config=chance.choice(hostile.FILES))


_FILE_NAMES: Final = (
    "x.yaml", "x.toml", "x.json", "x", "two\nlines.py", "[/b].py", "\udcff.py"
)  # fmt: skip


def _file_name(case: Case, chance: random.Random) -> Case:
    name = chance.choice(_FILE_NAMES)
    if not case.arguments:
        return case
    return replace(case, config_name=name, arguments=(*case.arguments, "--config", name))


def _argument(case: Case, chance: random.Random) -> Case:
    return replace(case, arguments=(*case.arguments, chance.choice(hostile.ARGUMENTS)))


def _stream(case: Case, chance: random.Random) -> Case:
    which = chance.choice(("out", "err"))
    kind = chance.choice(STREAMS)
    if which == "out":
        return replace(case, out=kind, fresh=True)
    return replace(case, err=kind, fresh=True)


def _folder(case: Case, chance: random.Random) -> Case:
    return replace(case, folder=chance.choice(FOLDERS))


def _stop(case: Case, chance: random.Random) -> Case:
    longest = 2.0 if case.fresh else 0.4
    return replace(case, stop=(chance.choice(SIGNALS), chance.uniform(0.0, longest)))


def _cut(case: Case, chance: random.Random) -> Case:
    wire, direction = chance.choice(("source", "target")), chance.choice(list(Direction))
    return replace(case, cut=(wire, direction, int(2 ** chance.uniform(0, 15))))


_CHANGES: Final = (
    _variable, _missing_variable, _entry, _file, _file_name, _argument, _stream, _folder, _stop,
    _cut,
)  # fmt: skip
_WEIGHTS: Final = (20, 3, 20, 6, 4, 6, 4, 2, 8, 8)
