"""Zips a package folder, the same bytes for the same files, and holds it to its size.

python3 pack.py FOLDER FILE.zip
"""

import sys
import zipfile
from collections import Counter
from pathlib import Path

MB = 1_000_000
ZIPPED_LIMIT = 60 * MB
UNPACKED_LIMIT = 200 * MB
"""Ours; Lambda's own is 262 MB unpacked (250 MiB), layers included: room for one."""

LEVEL = 6
"""7 takes a quarter more time, 9 three times as much, and the zip is 0.3 % or 0.6 % smaller."""

TOLD = 10
"""Packages that are told by name; the rest are small."""

WHEN = (2020, 1, 1, 0, 0, 0)
"""Every file's time: one that never changes."""


def main(folder: Path, output: Path) -> None:
    """Write the zip and say what is in it; ends with 2 where it is too large."""
    unpacked: Counter[str] = Counter()
    zipped: Counter[str] = Counter()
    with zipfile.ZipFile(output, "w") as archive:
        files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(name, WHEN)
            entry.external_attr = (0o100755 if ".so" in path.name else 0o100644) << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
            package = _package(name)
            unpacked[package] += entry.file_size
            zipped[package] += entry.compress_size
    small = list(unpacked)
    for name, size in unpacked.most_common(TOLD):
        print(f"        {name:<22} {size / MB:6.1f} MB  {zipped[name] / MB:5.1f} MB zipped")
        small.remove(name)
    rest, rest_zipped = sum(unpacked[n] for n in small), sum(zipped[n] for n in small)
    print(
        f"        {f'{len(small)} more':<22} {rest / MB:6.1f} MB  {rest_zipped / MB:5.1f} MB zipped"
    )
    size, total = output.stat().st_size, unpacked.total()
    print(f"size:   {size / MB:.1f} MB zipped, {total / MB:.1f} MB unpacked")
    if size > ZIPPED_LIMIT or total > UNPACKED_LIMIT:
        output.unlink()
        limits = f"{ZIPPED_LIMIT // MB} MB zipped, {UNPACKED_LIMIT // MB} MB unpacked"
        print(f"build.sh: the package is over {limits}", file=sys.stderr)
        print("hint: See above which package grew; deploy/package/prune.py.", file=sys.stderr)
        sys.exit(2)


def _package(name: str) -> str:
    """Return the package that a file belongs to: numpy.libs is numpy's, as its dist-info is."""
    top = name.split("/", 1)[0].removesuffix(".libs")
    if ".dist-info" in top:
        top = top.split("-", 1)[0]
    known = {"psycopg_binary": "psycopg", "pydantic_core": "pydantic", "numpy_libs": "numpy"}
    known |= {"mssql_python_rs": "mssql_py_core", "mssql_python_odbc": "mssql_python"}
    return known.get(top, top)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
