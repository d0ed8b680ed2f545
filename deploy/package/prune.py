"""Removes files that the engine never loads from a package folder.

python3 prune.py FOLDER PYTHON [--entra]        e.g. PYTHON 3.13
"""

import re
import shutil
import sys
from pathlib import Path

import elf

FOLDERS = ("__pycache__", "tests", "testing", "include", "sboms")
SUFFIXES = (".pyi", ".pxd", ".pyx", ".pxi", ".h", ".hpp", ".a", ".cmake", ".pc")
"""Tests, headers and type stubs, in every package."""

PATHS = (
    "bin",
    "numpy/f2py",
    "numpy/fft",
    "numpy/polynomial",
    "numpy/random",
    "numpy/_pyinstaller",
    "numpy/_core/_simd.*.so",  # tests of the SIMD instructions
    "pyarrow/src",
    "pydantic/v1",
    "pydantic/mypy.py",
    "pyarrow/*_cpp_tests.*",
    "pyarrow/parquet",
    # A compiler of C headers: cryptography needs its machine code, _cffi_backend, alone.
    "cffi",
    "cffi-*",
    "pycparser",
    "pycparser-*",
    # Asynchronous twins of what the driver calls, and an adapter for browsers.
    "azure/*/aio",
    "urllib3/contrib/emscripten",
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/[!_j]*",  # all but jmespath_utils, which the logger imports
    # Not the provider that sqlserver/connection.py uses: it needs libraries that Lambda lacks.
    "mssql_python_odbc/libs/linux",
)

ARROW_MODULES = (
    "acero", "azurefs", "csv", "dataset", "feather", "flight", "gcsfs", "hdfs", "json", "orc",
    "parquet", "s3fs", "substrait",
)  # fmt: skip
"""Arrow's file formats, cloud file systems and query engines."""

ARROW_LIBRARIES = ("arrow", "arrow_compute", "arrow_python")
"""The pyarrow libraries to keep. Its core depends on four others without using them, so those
dependencies are removed as well."""

ENTRA = (
    "azure", "certifi", "cffi", "_cffi_backend", "charset_normalizer", "cryptography", "idna",
    "jwt", "msal", "msal_extensions", "pycparser", "pyjwt", "requests", "urllib3",
)  # fmt: skip
"""What the driver imports only for Microsoft Entra authentication. typing_extensions stays, because
pydantic imports it too."""

NO_BULK_COPY = '''"""Holds the TDS driver in libs/; the bulk copy module has been removed."""
'''


def main(folder: Path, python: str, *, entra: bool) -> None:
    """Prune the folder in place."""
    for path in sorted(folder.rglob("*"), reverse=True):
        hidden = path.name.startswith(".") and path.is_dir()
        if path.is_dir() and (path.name in FOLDERS or hidden):
            shutil.rmtree(path)
        elif path.is_file() and path.suffix in SUFFIXES:
            path.unlink()
    doomed = [found for pattern in PATHS for found in folder.glob(pattern)]
    for name in ARROW_MODULES:
        doomed += [*folder.glob(f"pyarrow/_{name}[._]*"), folder / "pyarrow" / f"{name}.py"]
    unused = _unused_libraries(folder)
    doomed += unused
    if not entra:
        doomed += [f for name in ENTRA for f in folder.glob(f"{name}*") if _is_of(f, name)]
    doomed += _other_pythons(folder, python)
    doomed += _bulk_copy(folder)
    for path in doomed:
        _remove(path)
    _slim_libraries(folder, {path.name for path in unused})
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _is_of(path: Path, package: str) -> bool:
    """Whether a top-level path belongs to a package: its code, libraries or metadata."""
    name = path.name.replace("-", "_")
    return name[len(package) :].startswith((".", "_")) or name == package


def _other_pythons(folder: Path, python: str) -> list[Path]:
    """Return the driver's extension modules for other Python versions: its wheel has them all."""
    mine = f"ddbc_bindings.cp{python.replace('.', '')}-"
    found = folder.glob("mssql_python/ddbc_bindings.cp*.so")
    return [path for path in found if not path.name.startswith(mine)]


def _bulk_copy(folder: Path) -> list[Path]:
    """Reduce the driver's Rust package to the ODBC library: the rest copies *into* SQL Server."""
    (folder / "mssql_py_core" / "__init__.py").write_text(NO_BULK_COPY)
    return list(folder.glob("mssql_py_core/mssql_py_core.*.so"))


def _unused_libraries(folder: Path) -> list[Path]:
    """Return Arrow's unused libraries, and copies of used ones: only ``.so.2600`` is loaded."""
    found = folder.glob("pyarrow/lib[a-z]*.so*")
    kept = re.compile(rf"lib({'|'.join(ARROW_LIBRARIES)})\.so\.\d+")
    return [path for path in found if not kept.fullmatch(path.name)]


def _slim_libraries(folder: Path, gone: set[str]) -> None:
    """Strip every library's symbols, and pyarrow's dependencies on removed libraries."""
    for path in folder.rglob("*.so*"):
        data = path.read_bytes()
        if elf.is_library(data):
            if path.parent.name == "pyarrow":
                data = elf.without_needed(data, gone)
            path.write_bytes(elf.without_symbols(data))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], entra="--entra" in sys.argv[3:])
