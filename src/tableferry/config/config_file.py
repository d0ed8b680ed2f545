"""Read the tables from a Python file that defines ``TABLE_CONFIGS``, or from a TOML file.

The optional list of keys ``DEFAULT_SYNC_ORDER`` sets the order; without it, the dict's own applies.
``DEFAULTS`` and ``SCHEMAS`` are what ``[defaults]`` and ``[schemas]`` are in TOML.
"""

import contextlib
import runpy
import stat
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tableferry.config.resolve import resolve_tables
from tableferry.config.table_set import TableSet, parse_table_set
from tableferry.config.table_spec import TableSpec
from tableferry.config.toml_file import parse_toml
from tableferry.errors import ConfigError, kind_and_place

HINT: Final = (
    'Define TABLE_CONFIGS = {"KEY": {...}} in it; "tableferry discover --source NAME" writes such '
    "a file for the tables of a source."
)

OTHER_FORMATS: Final = frozenset({".yaml", ".yml", ".json", ".ini", ".cfg", ".csv", ".env"})
"""Suffixes of files that hold settings for other programs; none of these formats is read."""

TOML: Final = ".toml"
"""The suffix of files that are read as TOML; every other is Python, whatever its name."""


def read_tables(path: Path, names: Sequence[str] | None = None) -> list[TableSpec]:
    """Return the tables named in a file without patterns, all for None; raises ConfigError."""
    return resolve_tables(read_table_set(path)).selected(names)


def read_table_set(path: Path) -> TableSet:
    """Return what a file says, checked as far as no database is needed; raises ConfigError."""
    _require_file(path)
    if path.suffix.lower() == TOML:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}", hint=HINT) from error
        return toml_table_set(content, str(path))
    return _read_python(path)


def toml_table_set(content: bytes, name: str) -> TableSet:
    """Return what the content of a TOML file says, which messages call ``name``."""
    found = parse_toml(content, name)
    return parse_table_set(
        found.entries,
        defaults=found.defaults,
        schemas=found.schemas,
        order=found.order,
        named=f"these tables of {name}",
        lines=found.lines,
    )


def _read_python(path: Path) -> TableSet:
    """Return what the file defines; raises ConfigError."""
    found = _run(path)
    configs = found.get("TABLE_CONFIGS")
    if not isinstance(configs, Mapping):
        raise ConfigError(f"{path} does not define TABLE_CONFIGS as a dict", hint=HINT)
    order = found.get("DEFAULT_SYNC_ORDER", list(configs))
    if isinstance(order, str) or not isinstance(order, Sequence):
        raise ConfigError(f"DEFAULT_SYNC_ORDER in {path} is not a list of tables", hint=HINT)
    return parse_table_set(
        configs,
        defaults=found.get("DEFAULTS", {}),
        schemas=found.get("SCHEMAS", {}),
        order=order,
    )


def _require_file(path: Path) -> None:
    hint = "Name the file that defines TABLE_CONFIGS with --config."
    try:
        mode = path.stat().st_mode
    except OSError as error:
        is_missing = isinstance(error, FileNotFoundError)
        reason = f"There is no file {path}" if is_missing else f"{path}: {error.strerror}"
        raise ConfigError(reason, hint=hint) from error
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{path} is not a file", hint=hint)


def _run(path: Path) -> dict[str, Any]:
    if path.suffix.lower() in OTHER_FORMATS:
        raise ConfigError(
            f"{path} is not a Python file: tables are read from Python or TOML, not from "
            f"{path.suffix} files",
            hint=HINT,
        )
    try:
        with contextlib.redirect_stdout(sys.stderr):  # what it prints is no answer of ours
            return runpy.run_path(str(path))
    except SyntaxError as error:
        raise ConfigError(
            f"{path} is not valid Python: {error.msg}, line {error.lineno}",
            hint="Correct the file.",
        ) from None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the user's own program
        # The file is the user's own program, so whatever it raises is a problem of the file.
        raise ConfigError(
            f"{path} cannot be run: {kind_and_place(error)}{_name_of(error)}",
            hint="Correct the file. The error's own text is withheld, since it may hold a secret.",
        ) from None


def _name_of(error: BaseException) -> str:
    """Return the name that the file uses and does not have: of an import, a variable, a method."""
    if isinstance(error, ImportError | NameError | AttributeError) and error.name:
        return f": {error.name!r}"
    return ""
