"""The project's own house: locked versions, and scripts that say what they miss."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted([*ROOT.glob("script/*"), ROOT / ".ci" / "run"])
NAME = re.compile(r"[A-Za-z0-9._-]+")


def locked() -> dict[str, str]:
    lines = (ROOT / "requirements" / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def direct_dependencies() -> set[str]:
    lists = []
    for folder in (ROOT, ROOT / "packages" / "sandbox"):
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        lists += [project["dependencies"], *project.get("optional-dependencies", {}).values()]
    matches = [NAME.match(item) for items in lists for item in items]
    names = {match.group() for match in matches if match}
    return {name.lower() for name in names} - {"tableferry", "tableferry-sandbox"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with just what ``script/setup`` reads."""
    shutil.copytree(ROOT / "script", tmp_path / "script")
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "packages" / "sandbox").mkdir(parents=True)
    shutil.copy(ROOT / "packages/sandbox/pyproject.toml", tmp_path / "packages/sandbox")
    return tmp_path


def setup_with(python: Path, checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [checkout / "script" / "setup", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_every_direct_dependency_is_locked() -> None:
    assert direct_dependencies() - set(locked()) == set()


def test_the_lock_holds_names_and_versions_and_for_which_machine() -> None:
    pattern = re.compile(r"[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.]*(; platform_machine != '\w+')?")
    lines = (ROOT / "requirements" / "constraints.txt").read_text().splitlines()
    assert [line for line in lines[1:] if not pattern.fullmatch(line)] == []
    assert list(locked()) == sorted(locked())


def test_what_is_locked_for_some_machines_only_is_pinned_for_the_others() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for name, version in locked().items():
        if "; " in version:
            others = version.partition("; ")[2].replace("!=", "==")
            pinned = re.compile(rf"{name}==[0-9.]+; {others}")
            assert list(filter(pinned.fullmatch, project["dependencies"])), name


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_every_script_is_executable_posix_shell_that_stops_at_an_error(script: Path) -> None:
    text = script.read_text()
    assert text.startswith("#!/bin/sh\n#")
    assert "\nset -eu\n" in text
    assert os.access(script, os.X_OK)
    assert subprocess.run(["/bin/sh", "-n", script], check=False).returncode == 0


def test_setup_without_a_suitable_python_says_which_ones_suit(
    checkout: Path, tmp_path: Path
) -> None:
    old = program(tmp_path / "old-python", "exit 1")
    result = setup_with(old, checkout)
    assert result.returncode == 1
    assert "no Python 3.11 to 3.13" in result.stderr
    assert not (checkout / ".venv").exists()


def test_setup_with_a_python_without_venv_says_what_to_install(
    checkout: Path, tmp_path: Path
) -> None:
    bare = program(tmp_path / "bare-python", 'case "$2" in *ensurepip*) exit 1;; esac')
    result = setup_with(bare, checkout)
    assert result.returncode == 1
    assert "apt-get install python3-venv" in result.stderr
    assert not (checkout / ".venv").exists()


@pytest.fixture
def writing_python(tmp_path: Path) -> Path:
    """A Python whose environments write down what is asked of them, in place of doing it."""
    inner = 'echo "$@" >>"$(dirname "$0")/../asked"'
    return program(
        tmp_path / "writing-python",
        f"""case "$1 $2" in
"-m venv")
    mkdir -p .venv/bin
    printf '#!/bin/sh\\n%s\\n' '{inner}' >.venv/bin/python
    chmod +x .venv/bin/python
    echo "venv $3" >.venv/asked;;
esac""",
    )


def asked(checkout: Path) -> str:
    return (checkout / ".venv" / "asked").read_text()


def test_the_demos_setup_installs_no_tools_of_development(
    checkout: Path, writing_python: Path
) -> None:
    assert setup_with(writing_python, checkout, "--demo").returncode == 0
    assert "--editable .[sandbox]" in asked(checkout)
    assert "[dev]" not in asked(checkout)


def test_setup_completes_what_the_demos_setup_has_made(
    checkout: Path, writing_python: Path
) -> None:
    setup_with(writing_python, checkout, "--demo")
    before = asked(checkout)
    assert "completing" in setup_with(writing_python, checkout).stderr
    assert asked(checkout).startswith(before)
    assert asked(checkout).count("venv --clear") == 1
    assert "--editable .[dev]" in asked(checkout)


@pytest.mark.parametrize("again", [[], ["--demo"]])
def test_a_complete_environment_is_left_as_it_is(
    checkout: Path, writing_python: Path, again: list[str]
) -> None:
    setup_with(writing_python, checkout)
    before = asked(checkout)
    assert setup_with(writing_python, checkout, *again).stderr == ""
    assert asked(checkout) == before


def test_the_demos_environment_is_made_anew_where_the_locked_versions_have_changed(
    checkout: Path, writing_python: Path
) -> None:
    setup_with(writing_python, checkout, "--demo")
    (checkout / "requirements" / "constraints.txt").write_text("numpy==9.9.9\n")
    assert "creating" in setup_with(writing_python, checkout).stderr
    assert "[sandbox]" not in asked(checkout)
