"""Compiles the modules of a package folder, for the Python that runs this.

python3.13 -I bytecode.py FOLDER

Ours keep their source, which a traceback shows. Those of libraries are replaced by their bytecode.
"""

import compileall
import sys
from pathlib import Path
from py_compile import PycInvalidationMode

OURS = "tableferry"
TASK = "/var/task"
"""Where Lambda unpacks a package: the folder that tracebacks name."""


def main(folder: Path) -> bool:
    """Compile all modules; return whether every one could be."""
    entries = sorted(folder.iterdir())
    ours = [path for path in entries if path.name == OURS or path.suffix == ".py"]
    libraries = [path for path in entries if path.is_dir() and path.name != OURS]
    compiled = [_compile(path, folder) for path in ours]
    compiled += [_compile(path, folder, legacy=True) for path in libraries]
    for library in libraries:
        for source in library.rglob("*.py"):
            source.unlink()
    return all(compiled)


def _compile(path: Path, folder: Path, *, legacy: bool = False) -> bool:
    """Compile a file or folder, to ``__pycache__`` or (legacy) beside each source."""
    how = compileall.compile_dir if path.is_dir() else compileall.compile_file
    unchecked = PycInvalidationMode.UNCHECKED_HASH  # the zip's files have no real times
    return bool(
        how(
            path,
            stripdir=folder,
            prependdir=TASK,
            quiet=1,
            legacy=legacy,
            invalidation_mode=unchecked,
        )
    )


if __name__ == "__main__":
    sys.exit(not main(Path(sys.argv[1])))
