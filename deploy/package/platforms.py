"""Checks by their tags that the wheels in a package folder suit Lambda.

For machines that cannot run the package's Python.

python3 platforms.py FOLDER MACHINE PYTHON      e.g. MACHINE aarch64, PYTHON 3.13
"""

import re
import sys
from pathlib import Path


def main(folder: Path, machine: str, python: str) -> None:
    """Exit with a message that names the wheel if one does not suit Lambda."""
    glibc = rf"(manylinux_2_(5|12|17|26|27|28|34)_{machine}|manylinux(1|2010|2014)_{machine})"
    fits = re.compile(
        rf"(py3|py2\.py3|cp3\d+)-(none|abi3|cp{python.replace('.', '')})-(any|{glibc}(\.{glibc})*)"
    )
    for wheel in folder.glob("*.dist-info/WHEEL"):
        tags = re.findall(r"^Tag: (\S+)", wheel.read_text(), re.MULTILINE)
        if not any(fits.fullmatch(tag) for tag in tags):
            sys.exit(f"build.sh: {wheel.parent.name} is for {', '.join(tags)}, not for this Lambda")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
