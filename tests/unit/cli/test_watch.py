"""``tableferry watch`` without servers: what it reads for each run, and what it passes on."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tableferry.cli import watch as command
from tableferry.errors import ConfigError, TransientError
from tableferry.runs import run, watch
from tableferry.runs.outcome import RunOutcome, Status, TableOutcome
from tests.support.in_process import call
from tests.support.specs import entry

AWAY = TransientError("The vault does not answer", hint="Wait.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "table_configs.py").write_text(f"TABLE_CONFIGS = {{'t': {entry()!r}}}\n")
    return tmp_path


@pytest.fixture
def syncs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Takes the place of the sync; what it was called with. No pause takes any time."""
    called: list[dict[str, Any]] = []

    def sync_tables(specs: Any, settings: Any, **options: Any) -> RunOutcome:
        called.append({"specs": specs, "settings": settings, **options})
        return RunOutcome([TableOutcome("t", "t", Status.OK)], 0.1)

    monkeypatch.setattr(run, "sync_tables", sync_tables)
    passed = [0.0]
    clocks = {
        "clock": lambda: passed[0],
        "sleep": lambda seconds: passed.__setitem__(0, passed[0] + seconds),
    }
    real = watch.Times
    monkeypatch.setattr(watch, "Times", lambda wall: real(wall, **clocks))
    return called


def reading(*answers: object) -> Callable[..., object]:
    """Settings that are one thing after the other; then SIGTERM."""
    left: Iterator[object] = iter(answers)

    def read_databases(*_: object) -> object:
        found = next(left, None)
        if found is None:
            signal.raise_signal(signal.SIGTERM)
        if isinstance(found, Exception):
            raise found
        return found

    return read_databases


def test_settings_are_read_for_each_run_since_passwords_are_rotated(
    folder: Path, syncs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = [SimpleNamespace(number=number) for number in range(4)]
    monkeypatch.setattr(command, "read_databases", reading(*settings))
    assert call("watch", "--every=30s", cwd=folder).returncode == 143
    assert [one["settings"] for one in syncs] == settings[1:]


def test_a_vault_that_is_away_at_the_start_is_a_run_that_failed(
    folder: Path, syncs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "read_databases", reading(AWAY, AWAY, AWAY, SimpleNamespace()))
    done = call("watch", "--every=30s", "--json", cwd=folder)
    assert done.returncode == 143
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line.get("status") for line in lines] == ["failed", "failed", "ok", None]
    assert [line.get("next_in_seconds") for line in lines[:3]] == [60.0, 120.0, 30.0]
    assert done.stderr.count("The vault does not answer") == 1
    assert len(syncs) == 1


def test_settings_that_become_wrong_are_runs_that_failed_until_they_are_right(
    folder: Path, syncs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = SimpleNamespace()
    wrong = ConfigError("PG_HOST is missing", hint="Set it.")
    monkeypatch.setattr(command, "read_databases", reading(right, right, wrong, right))
    done = call("watch", "--every=30s", cwd=folder)
    assert done.returncode == 143
    assert [line.split()[2] for line in done.stdout.splitlines()[:3]] == ["ok", "failed", "ok"]
    assert "ConfigError: PG_HOST is missing" in done.stderr
    assert len(syncs) == 2


def test_tables_are_published_together_where_that_is_asked_for(
    folder: Path, syncs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = SimpleNamespace()
    for arguments in ([], ["--publish-together"]):
        monkeypatch.setattr(command, "read_databases", reading(right, right))
        call("watch", "--every=30s", *arguments, cwd=folder)
    assert [one["options"].together for one in syncs] == [False, True]


def test_each_run_has_an_id_of_its_own(
    folder: Path, syncs: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = SimpleNamespace()
    monkeypatch.setattr(command, "read_databases", reading(right, right, right))
    call("watch", "--every=30s", cwd=folder)
    assert [one["options"].run_id for one in syncs] == [None, None]
