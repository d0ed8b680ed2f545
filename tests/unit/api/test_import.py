"""``import tableferry``: what it loads, and that every name is there."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import tableferry
from tests.support import process_state as process_state_module

ROOT = Path(__file__).parents[3]

HEAVY = (
    "mssql_python", "psycopg", "pyarrow", "numpy", "pgpq", "pydantic", "boto3", "botocore",
    "tenacity", "dotenv", "typer", "rich", "distributed", "aws_lambda_powertools", "azure",
    "asyncio", "socket", "logging", "typing",
)  # fmt: skip


def run(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_importing_the_package_loads_nothing_heavy_and_nothing_of_the_engine() -> None:
    loaded = json.loads(
        run(
            "import sys; before = set(sys.modules); import tableferry; import json; "
            "print(json.dumps(sorted(set(sys.modules) - before)))"
        )
    )
    assert [name for name in loaded if name.split(".")[0] in HEAVY] == []
    ours = [name for name in loaded if name.startswith("tableferry")]
    assert ours == ["tableferry", "tableferry.version"]


def test_importing_the_package_leaves_the_process_as_it_was_and_prints_nothing() -> None:
    script = Path(process_state_module.__file__).read_text()
    told = run(
        f"{script}\nbefore = process_state()\nimport tableferry\n"
        "after = process_state()\nassert before == after, (before, after)\n"
    )
    assert told == ""


def test_an_error_class_is_there_without_any_driver() -> None:
    loaded = json.loads(
        run(
            "import tableferry; tableferry.TransientError; import sys, json; "
            "print(json.dumps(sorted(sys.modules)))"
        )
    )
    assert [name for name in loaded if name.split(".")[0] in HEAVY[:8]] == []


@pytest.mark.parametrize("name", tableferry.__all__)
def test_every_public_name_can_be_imported(name: str) -> None:
    found = getattr(tableferry, name)
    assert found is not None
    assert name in dir(tableferry)
    if isinstance(found, type):
        assert issubclass(found, BaseException) or found.__doc__


def test_a_star_import_brings_every_public_name() -> None:
    told = run("from tableferry import *; print(sorted(n for n in dir() if n[0] != '_'))")
    assert json.loads(told.replace("'", '"')) == sorted(tableferry.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'copy_tables'"):
        _ = tableferry.copy_tables


@pytest.mark.parametrize(
    "first",
    ["import tableferry.runs.run", "from tableferry.runs import deadline", "import tableferry"],
)
def test_sync_is_the_function_whatever_was_imported_before(first: str) -> None:
    told = run(
        f"{first}\nimport tableferry\nfrom tableferry import sync\n"
        "from tableferry.runs.run import sync_tables\n"
        "print(sync is tableferry.sync, callable(sync), sync.__module__)"
    )
    assert told.split() == ["True", "True", "tableferry.api.calls"]


@pytest.mark.parametrize("name", [name for name in tableferry.__all__ if name[0].islower()])
def test_no_module_has_the_name_of_a_function(name: str) -> None:
    """Whoever imported the module would find it in the function's place."""
    package = ROOT / "src" / "tableferry"
    assert not (package / name).exists()
    assert not (package / f"{name}.py").exists()


def test_only_what_is_there_to_read_the_environment_does() -> None:
    """``Settings.from_env``, Lambda's own settings, and the driver's choice of a provider."""
    package = ROOT / "src" / "tableferry"
    readers = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if any(word in path.read_text() for word in ("os.environ", "getenv"))
    }
    assert {name for name in readers if not name.startswith(("aws/", "cli"))} <= {
        "config/environment.py",
        "config/reporting.py",
        "sqlserver/provider.py",
    }


USE = """
import tableferry

outcome = tableferry.copy_table("dbo.T", "t", source="", target="", publish="swap", chunks=2)
reveal_type(outcome)
reveal_type(tableferry.Settings.from_env("mctm"))
reveal_type(tableferry.sync([tableferry.Table("dbo.T", "t")]).raise_for_failure())
tableferry.copy_table("dbo.T", "t", chunk=2)
"""


def test_a_strict_type_checker_sees_the_names(tmp_path: Path) -> None:
    page = tmp_path / "use.py"
    page.write_text(USE)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"),
         "--cache-dir", str(ROOT / ".mypy_cache"), str(page)],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert 'Revealed type is "tableferry.runs.outcome.TableOutcome"' in done.stdout
    assert 'Revealed type is "tableferry.config.connections.Settings"' in done.stdout
    assert 'Revealed type is "tableferry.runs.outcome.RunOutcome"' in done.stdout
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert len(errors) == 1, done.stdout
    assert 'Unexpected keyword argument "chunk"' in errors[0]
