"""Writes the package's requirements, from pyproject.toml's dependencies, and their constraints.

python3 requirements.py PYPROJECT.toml CONSTRAINTS.txt MACHINE FOLDER      e.g. MACHINE aarch64

Leaves out what only the command line needs. Writes FOLDER/requirements.txt and constraints.txt
without markers, because pip would evaluate those for the building machine, not for the target.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

LEFT_OUT = {"cronsim", "rich", "typer"}
"""Used by the command line only. import-linter checks that Lambda's modules do not import them."""

MARKER = re.compile(r" *platform_machine *(==|!=) *'(\w+)'")


def meant_for(machine: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield the requirements for a machine, without their markers."""
    for line in lines:
        requirement, _, marker = line.partition(";")
        if not marker:
            yield requirement
        elif match := MARKER.fullmatch(marker):
            if (match[1] == "==") == (match[2] == machine):
                yield requirement
        else:
            sys.exit(f"build.sh: a dependency's marker is not understood: {line}")


def main(pyproject: Path, locked: Path, machine: str, folder: Path) -> None:
    """Write both files, one requirement a line."""
    project = tomllib.loads(pyproject.read_text())["project"]
    wanted = [
        requirement
        for requirement in project["dependencies"] + project["optional-dependencies"]["lambda"]
        if re.split(r"[^\w.-]", requirement)[0].lower() not in LEFT_OUT
    ]
    for name, lines in (
        ("requirements.txt", wanted),
        ("constraints.txt", locked.read_text().splitlines()[1:]),
    ):
        text = "\n".join(meant_for(machine, lines))
        (folder / name).write_text(f"{text}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
