"""The wheel and the sdist of the engine: what is in them, and what they say of themselves."""

import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from packaging.metadata import Metadata
from trove_classifiers import classifiers

ROOT = Path(__file__).parents[3]
PROJECTS = [ROOT, ROOT / "packages" / "sandbox"]
FILES = {
    str(path.relative_to(ROOT / "src"))
    for path in (ROOT / "src" / "tableferry").rglob("*")
    if path.is_file() and path.suffix != ".pyc"
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    [path] = WheelBuilder(str(ROOT)).build(
        directory=str(tmp_path_factory.mktemp("built")), versions=["standard"]
    )
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def metadata(wheel: zipfile.ZipFile) -> Metadata:
    """What an index is told; an index refuses what does not validate."""
    [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    return Metadata.from_email(wheel.read(name), validate=True)


def test_the_wheel_holds_every_module_the_migrations_and_the_marker_of_types(
    wheel: zipfile.ZipFile,
) -> None:
    packed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert packed == FILES
    assert any(name.endswith("migrations/0001_ledger.sql") for name in packed)


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile, metadata: Metadata) -> None:
    assert metadata.description_content_type == "text/markdown"
    assert (metadata.description or "").strip() == (ROOT / "README.md").read_text().strip()
    assert metadata.license_expression == "MIT"
    [licence] = [name for name in wheel.namelist() if name.endswith("/licenses/LICENSE")]
    assert wheel.read(licence) == (ROOT / "LICENSE").read_bytes()
    [entries] = [name for name in wheel.namelist() if name.endswith("/entry_points.txt")]
    assert b"tableferry = tableferry.__main__:main" in wheel.read(entries)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_every_classifier_is_one_that_an_index_knows(project: Path) -> None:
    said = tomllib.loads((project / "pyproject.toml").read_text())["project"]["classifiers"]
    assert set(said) <= classifiers


def test_the_sandbox_of_the_same_release_is_what_the_extra_asks_for(metadata: Metadata) -> None:
    asked = [one for one in metadata.requires_dist or [] if one.name == "tableferry-sandbox"]
    project = tomllib.loads((PROJECTS[1] / "pyproject.toml").read_text())["project"]
    assert asked
    assert all(one.specifier and one.specifier.contains(project["version"]) for one in asked)


def test_the_sdist_holds_what_the_wheel_is_built_from_and_no_tests(tmp_path: Path) -> None:
    [path] = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(path) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert {f"src/{name}" for name in FILES} <= packed
    assert {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO", "docs/types.md"} <= packed
    assert [name for name in packed if name.startswith(("tests", "lambda", ".env"))] == []
