"""The files that ``tableferry init`` writes: ``.env`` and a table file. All of them, or none.

A file is written beside its place and then moved there, so that nobody ever finds half of one.
"""

import contextlib
import io
import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from tableferry.errors import ConfigError

if TYPE_CHECKING:
    from tableferry.config import TableSpec

SECRET_MODE: Final = 0o600
"""``.env`` holds passwords: nobody else may read it."""

PUBLIC_MODE: Final = 0o644

NO_COLUMNS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file to be written: its whole text and its mode."""

    path: Path
    text: str
    mode: int


def write_all(files: Sequence[NewFile]) -> None:
    """Write the files; raises ConfigError where that is not possible, and leaves no half one."""
    with contextlib.ExitStack() as written:
        moves = [(written.enter_context(_beside(file)), file.path) for file in files]
        for temporary, path in moves:
            with _refused(path):
                temporary.replace(path)


@contextlib.contextmanager
def _beside(file: NewFile) -> Iterator[Path]:
    """Write the file's text to a new file in its folder, which is gone at the end."""
    path = file.path.with_name(f".{file.path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with _refused(file.path):
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(path, flags, file.mode), "w", encoding="utf-8") as out:
                out.write(file.text)
                out.flush()
                os.fsync(out.fileno())
        yield path
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def _refused(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", hint="Choose another folder."
        ) from None


def env_file(path: Path, variables: Mapping[str, str], *, force: bool) -> NewFile:
    """Return ``.env`` with these variables, beside those that it has already.

    Raises ConfigError where it has another value for one of them, unless ``force``.
    """
    from dotenv.parser import parse_stream

    before = _text_of(path)
    path = path.resolve()  # a link stays one; of links in a circle nothing could be read
    bindings = list(parse_stream(io.StringIO(before)))
    held = {one.key: one.value or "" for one in bindings if one.key is not None}
    other = [name for name, value in variables.items() if held.get(name, value) != value]
    if other and not force:
        raise ConfigError(
            f"{path} has other values for {', '.join(other)}",
            hint="Take them out of it, or replace them with --force; everything else in it stays.",
        )
    kept = "".join(one.original.string for one in bindings if one.key not in other)
    if kept and not kept.endswith("\n"):
        kept += "\n"
    new = [name for name in variables if name in other or name not in held]
    return NewFile(path, kept + "".join(f"{_line(n, variables[n])}\n" for n in new), SECRET_MODE)


def require_free(path: Path, *, force: bool) -> None:
    """Raise ConfigError where there is a file already that is not to be replaced, or no file."""
    try:
        is_file = stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be written: {error.strerror}", hint="Name another with --config."
        ) from None
    # With --force as well: root could put a file in the place of /dev/null.
    if not is_file:
        raise ConfigError(
            f"{path} is a folder or a device, and no file to write",
            hint="Name another with --config.",
        )
    if not force:
        raise ConfigError(
            f"There is a file {path} already",
            hint="Name another with --config, or replace this one with --force.",
        )


def schema_file(tables: Path, *, force: bool) -> NewFile:
    """Return the JSON Schema beside a table file, with which editors complete and check it.

    Raises ConfigError where another file has its name, unless ``force``.
    """
    import json

    from tableferry.config.json_schema import tables_schema

    path = tables.with_name(f"{tables.stem}.schema.json")
    text = json.dumps(tables_schema(), indent=2) + "\n"
    if not (path.is_file() and _text_of(path) == text):
        require_free(path, force=force)
    return NewFile(path, text, PUBLIC_MODE)


def table_file(
    path: Path,
    specs: "Sequence[TableSpec]",
    schema: Path,
    columns: Mapping[str, Mapping[str, Sequence[str]]] = NO_COLUMNS,
) -> NewFile:
    """Return a TOML file with an entry for each table, whose editor reads ``schema`` beside it.

    ``columns`` has the keys of an entry that choose its columns, by the entry's own key.
    """
    head = (
        f"#:schema ./{quote(schema.name)}\n"
        "# The tables that tableferry carries, one entry each. Leave out what you do not want.\n"
    )
    # All of them are tables of one database.
    given = {"db_type": specs[0].db_type, "sql_server_db": specs[0].database}
    entries = [_entry(spec, columns.get(spec.key, {})) for spec in specs]
    parts = [head, _section("defaults", given), *entries]
    return NewFile(path, "\n".join(parts), PUBLIC_MODE)


def _entry(spec: "TableSpec", columns: Mapping[str, Sequence[str]]) -> str:
    from tableferry.config.derived_names import written

    names = (spec.source.schema, spec.source.name)
    is_plain = all(re.fullmatch(r"[A-Za-z_]\w*", name) for name in names)
    entry = {
        "sql_table": ".".join(names) if is_plain else spec.source.sql,
        "pg_table": written(spec.target),
        **columns,
    }
    return _section(f"tables.{_toml_key(spec.key)}", entry)


def _section(header: str, values: Mapping[str, str | Sequence[str]]) -> str:
    lines = [f"{key} = {_toml_value(value)}\n" for key, value in values.items()]
    return "".join([f"[{header}]\n", *lines])


def _toml_value(value: str | Sequence[str]) -> str:
    if isinstance(value, str):
        return _toml_text(value)
    return f"[{', '.join(map(_toml_text, value))}]"


def _toml_key(key: str) -> str:
    is_bare = key.isascii() and key.replace("_", "a").replace("-", "a").isalnum()
    return key if is_bare else _toml_text(key)


def _toml_text(text: str) -> str:
    """Return a literal of TOML, in single quotes where the text allows it (TOML, "String")."""
    if "'" not in text and text.isprintable():
        return f"'{text}'" if '"' in text or "\\" in text else f'"{text}"'
    escaped = "".join(
        f"\\{sign}"
        if sign in {'"', "\\"}
        else sign
        if sign.isprintable()
        else f"\\U{ord(sign):08x}"
        for sign in text
    )
    return f'"{escaped}"'


def _line(name: str, value: str) -> str:
    """Return an assignment; in single quotes only a quote and a backslash need to be escaped."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{escaped}'"


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"{path} cannot be read: {reason}", hint="Save it as UTF-8 text that you may read."
        ) from None
