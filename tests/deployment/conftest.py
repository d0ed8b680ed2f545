"""The deployment as its users have it: a folder in a repository, without anybody's ``.env``."""

import contextlib
import fcntl
import importlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pysqlbridge.catalog import load as load_catalog
from pysqlbridge.logins import load as load_logins
from pysqlbridge.server import start_background

from tests.support import loaded_process
from tests.support.build_script import FOLDER, build, download
from tests.support.databases import PgDatabase

REPO = Path(__file__).parents[2]
MODULES = ("config", "table_configs", "table_sync_processor", "multi_table_manager")
CANARY = "s3cret-canary-$47;{}"
"""Every password in these tests: it must never be seen in any output."""


@dataclass(frozen=True, slots=True)
class Package:
    """A Lambda package, the Python it is for, and what build.sh said when it made it."""

    path: Path
    python: str
    said: str

    @property
    def machine(self) -> str:
        """The machine that its libraries are for: e_machine, of the System V gABI."""
        with zipfile.ZipFile(self.path) as archive:
            library = next(name for name in archive.namelist() if name.endswith(".so"))
            header = archive.read(library)[:20]
        return {62: "x86_64", 183: "aarch64"}[int.from_bytes(header[18:], "little")]


def of_the_whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The temporary folder that all processes of a run share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time is in this block."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables by which pip takes the wheels for Lambda's default Python from a folder."""
    folder = of_the_whole_run(tmp_path_factory)
    told = folder / "wheels.json"
    with locked(folder / "wheels.lock"):
        if not told.exists():
            told.write_text(json.dumps(download("3.13", folder / "wheels")))
    found: dict[str, str] = json.loads(told.read_text())
    return found


@pytest.fixture(scope="session")
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The package that ``--package`` names, else one that is built for Lambda's default Python."""
    python = request.config.getoption("--package-python")
    if given := request.config.getoption("--package"):
        return Package(Path(given), python, "")
    # Not an argument: a package that is given needs no wheels.
    wheels = request.getfixturevalue("wheels") if python == "3.13" else {}
    folder = of_the_whole_run(tmp_path_factory)
    path, said = folder / "package.zip", folder / "package.log"
    with locked(folder / "package.lock"):
        if not said.exists():
            done = build(
                *("--no-proof", "--python", python, "--output", str(path)), cwd=folder, **wheels
            )
            assert done.returncode == 0, done.stdout + done.stderr
            said.write_text(done.stdout)
    return Package(path, python, said.read_text())


@dataclass(frozen=True, slots=True)
class Deployment:
    """A copy of the deployment's folder in a repository of its own."""

    root: Path

    @property
    def folder(self) -> Path:
        return self.root / FOLDER

    def run(
        self, *arguments: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run ``python <arguments>``, in the folder where not said otherwise."""
        environment = {"PATH": os.environ["PATH"], **(env or {})}
        return loaded_process.run(*arguments, env=environment, cwd=cwd or self.folder)

    def run_anew(self, *arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """The same in a new interpreter, in which nothing is loaded yet."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", **env},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """The folder and ``.env.example``, copied."""
    root = tmp_path / "repo"
    ignored = shutil.ignore_patterns("*.zip", "__pycache__", ".*")
    shutil.copytree(REPO / FOLDER, root / FOLDER, ignore=ignored)
    shutil.copy(REPO / ".env.example", root)
    return Deployment(root)


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str], ModuleType]]:
    """Import a module of the deployment afresh, with an empty environment and no ``.env``."""
    for name in list(os.environ):
        if name.upper().startswith(("SQL_SERVER_", "PG_")) or name in {
            "LOG_LEVEL",
            "ALERT_TOPIC_ARN",
            "REPORT_S3",
        }:
            monkeypatch.delenv(name)
    monkeypatch.syspath_prepend(str(REPO / FOLDER))
    forget = (*MODULES, "lambda_function")
    for name in forget:
        sys.modules.pop(name, None)
    monkeypatch.setattr(importlib.import_module("config"), "HERE", tmp_path / "empty" / "folder")
    yield importlib.import_module
    for name in forget:
        sys.modules.pop(name, None)


@pytest.fixture
def handler(load: Callable[[str], ModuleType]) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Call the handler with an event; returns the status code and the parsed body."""
    module = load("lambda_function")

    def call(event: object, context: object = None) -> tuple[int, dict[str, Any]]:
        answer = module.lambda_handler(event, context)
        assert set(answer) == {"statusCode", "body"}
        return answer["statusCode"], json.loads(answer["body"])

    return call


@pytest.fixture
def environment() -> dict[str, str]:
    """A complete environment; nobody listens at its ports, so every connection is refused."""
    sources = {
        f"SQL_SERVER_{name}_{field}": value
        for name, database in (("MCTM", "McTM"), ("VOIPDB", "VoipDB"))
        for field, value in {
            "HOST": "127.0.0.1",
            "PORT": "9",
            "DB": database,
            "USER": "reader",
            "PASSWORD": CANARY,
        }.items()
    }
    target = {"HOST": "127.0.0.1", "PORT": "9", "DB": "x", "USER": "x", "PASSWORD": CANARY}
    return sources | {f"PG_{field}": value for field, value in target.items()}


LONG = {"Notes", "Manifest", "Logo"}
"""Columns of ``(max)`` types. The driver waits for their values with Python's own lock held (seen
with mssql-python 1.16: SQLGetData): where the stand-in that is to send them is in the same process,
both wait for ever."""


def without_long_columns(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry of TABLE_CONFIGS without them: for a handler in the stand-in's process."""
    pairs = zip(entry["columns"], entry["pg_columns"], strict=True)
    short = [pair for pair in pairs if pair[0] not in LONG]
    columns = {"columns": [name for name, _ in short], "pg_columns": [name for _, name in short]}
    return {**entry, **columns}


AWKWARD = ("", "Привет", "🛰 emoji", "quote ' and \"", "back\\slash", "tab\tand\nnewline", None)


def source_rows(columns: list[str], count: int) -> list[dict[str, Any]]:
    """Rows of a table as the foreign server serves them: a numeric key, then awkward texts."""
    return [
        {
            column: number if place == 0 else AWKWARD[(number + place) % len(AWKWARD)]
            for place, column in enumerate(columns)
        }
        for number in range(1, count + 1)
    ]


@pytest.fixture(scope="session")
def foreign_sources(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Both sources, served by pysqlbridge, a TDS server of other authors; their variables."""
    sys.path.insert(0, str(REPO / FOLDER))
    try:
        configs = importlib.import_module("table_configs").TABLE_CONFIGS
    finally:
        sys.path.remove(str(REPO / FOLDER))
    variables: dict[str, str] = {}
    servers = []
    for db_type, database in (("mctm", "McTM"), ("voipdb", "VoipDB")):
        folder = tmp_path_factory.mktemp(db_type)
        tables = []
        for entry in (entry for entry in configs.values() if entry["db_type"] == db_type):
            name = entry["sql_table"].rpartition("[")[2].rstrip("]")
            rows = source_rows(entry["columns"], 300)
            (folder / f"{name}.json").write_text(json.dumps(rows), encoding="utf-8")
            tables.append({"json": f"{name}.json", "name": name})
        login = {"user": "reader", "password": CANARY}
        config = folder / "bridge.json"
        config.write_text(json.dumps({"tables": tables, "logins": [login]}), encoding="utf-8")
        server, _ = start_background(
            query_handler=load_catalog(config).answer, logins=load_logins(config)
        )
        servers.append(server)
        prefix = f"SQL_SERVER_{db_type.upper()}_"
        host, port = server.address
        variables |= {f"{prefix}HOST": host, f"{prefix}PORT": str(port), f"{prefix}DB": database}
        variables |= {f"{prefix}USER": "reader", f"{prefix}PASSWORD": CANARY}
    yield variables
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def databases(foreign_sources: dict[str, str], pg_database: PgDatabase) -> dict[str, str]:
    """A complete environment with servers that answer, and an empty target."""
    return foreign_sources | pg_database.environment
