"""Prints what the package holds of pyproject.toml's dependencies: not what only a shell shows.

python3 requirements.py PYPROJECT.toml
"""

import re
import sys
import tomllib
from pathlib import Path

LEFT_OUT = {"rich", "typer"}
"""What the command line shows with; no module on Lambda's path imports them (import-linter)."""


def main(path: Path) -> None:
    """Print the requirements, one a line."""
    project = tomllib.loads(path.read_text())["project"]
    for requirement in project["dependencies"] + project["optional-dependencies"]["lambda"]:
        if re.split(r"[^\w.-]", requirement)[0].lower() not in LEFT_OUT:
            print(requirement)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
