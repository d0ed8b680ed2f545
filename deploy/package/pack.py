"""Zips a package folder reproducibly and checks its size.

python3 pack.py FOLDER FILE.zip
"""

import sys
import zipfile
from collections import Counter
from pathlib import Path

MB = 1_000_000
ZIPPED_LIMIT = 60 * MB
UNPACKED_LIMIT = 200 * MB
"""Our limits. Lambda's is 262 MB unpacked (250 MiB) with layers, which leaves room for one."""

LEVEL = 6
"""Level 7 takes a quarter longer and 9 three times as long, for a zip 0.3 % or 0.6 % smaller."""

LISTED = 10
"""Number of packages listed by name; the others are small."""

TIMESTAMP = (2020, 1, 1, 0, 0, 0)
"""A fixed time for every file, so that the zip is reproducible."""


def main(folder: Path, output: Path) -> None:
    """Write the zip and list its packages; exits with 2 if it is too large."""
    unpacked: Counter[str] = Counter()
    zipped: Counter[str] = Counter()
    with zipfile.ZipFile(output, "w") as archive:
        files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        for name, path in sorted(files.items()):
            entry = zipfile.ZipInfo(name, TIMESTAMP)
            entry.external_attr = (0o100755 if ".so" in path.name else 0o100644) << 16
            archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
            package = _package(name)
            unpacked[package] += entry.file_size
            zipped[package] += entry.compress_size
    small = list(unpacked)
    for name, size in unpacked.most_common(LISTED):
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
        print(f"build.sh: the package exceeds {limits}", file=sys.stderr)
        print(
            "hint: Find what grew in the list above; extend deploy/package/prune.py.",
            file=sys.stderr,
        )
        sys.exit(2)


def _package(name: str) -> str:
    """Return the package that a file belongs to: numpy.libs and its dist-info are numpy's."""
    top = name.split("/", 1)[0].removesuffix(".libs")
    if ".dist-info" in top:
        top = top.split("-", 1)[0]
    known = {"psycopg_binary": "psycopg", "pydantic_core": "pydantic", "numpy_libs": "numpy"}
    known |= {"mssql_python_rs": "mssql_py_core", "mssql_python_odbc": "mssql_python"}
    return known.get(top, top)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
