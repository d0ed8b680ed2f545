"""The metrics of a status: as both of Prometheus's parsers understand them."""

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_open
from prometheus_client.parser import text_string_to_metric_families as parse_text

from tableferry.errors import ConfigError, TransientError
from tableferry.frontend.metrics_file import with_metrics, write_atomically
from tableferry.frontend.report_file import require_writable
from tableferry.states.judge import report_of
from tableferry.states.openmetrics import openmetrics
from tableferry.states.report import StatusReport
from tableferry.states.words import shell_commands
from tests.support.specs import spec
from tests.unit.states.facts import ledger, run, verification, watermark

HOSTILE = ["customer", 'a"b', "back\\slash", "curly{}=,", "straße 🛰", "# EOF", "\\n not a newline"]


def report(*keys: str) -> StatusReport:
    """A status of tables by these keys, of which the ledger knows everything."""
    facts = ledger(
        run(),
        watermark=watermark(2, retention=3600.0),
        verifications=(verification("differs", 1, differing=3),),
        quarantined=4,
    )
    specs = [spec(key=key, target="customer", max_age=60) for key in keys]
    names = dict.fromkeys(keys, "public.customer")
    known = type(facts)(facts.at, 6, facts.tables, names)
    return report_of(specs, known, shell_commands())


def samples(text: str, parse: Any) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in parse(text)
        for one in family.samples
    }


@pytest.mark.parametrize("parse", [parse_open, parse_text])
def test_both_parsers_read_every_table_whatever_its_name(parse: Any) -> None:
    found = samples(openmetrics(report(*HOSTILE)), parse)
    for key in HOSTILE:
        table = (("table", key),)
        assert found["tableferry_table_age_seconds", table] == 120
        assert found["tableferry_table_max_age_seconds", table] == 60
        assert found["tableferry_table_loaded_rows", table] == 6000
        assert found["tableferry_table_differing_rows", table] == 3
        assert found["tableferry_table_quarantined_rows", table] == 4
        assert found["tableferry_table_change_retention_seconds", table] == 3600
    assert found["tableferry_up", ()] == 1


def test_each_table_has_a_sample_for_each_word_and_one_of_them_is_set() -> None:
    found = samples(openmetrics(report("customer")), parse_open)
    words = {
        dict(labels)["word"]: value
        for (name, labels), value in found.items()
        if name == "tableferry_table_status"
    }
    assert words == {
        "differs": 1, "failing": 0, "held": 0, "late": 0, "never": 0, "running": 0, "fresh": 0,
    }  # fmt: skip


def test_a_source_that_cannot_be_asked_silences_no_table_of_a_pattern() -> None:
    known, before = report("customer"), report("customer", "matched")
    found = samples(openmetrics(replace(known, others=before.tables, complete=False)), parse_open)
    assert found["tableferry_status_complete", ()] == 0
    for key in ("customer", "matched"):
        assert found["tableferry_table_age_seconds", (("table", key),)] == 120
    found = samples(openmetrics(replace(known, others=before.tables)), parse_open)
    assert found["tableferry_status_complete", ()] == 1
    assert ("tableferry_table_age_seconds", (("table", "matched"),)) not in found


def test_names_end_with_their_unit_and_the_text_with_its_end() -> None:
    text = openmetrics(report("customer"))
    assert text.endswith("\n# EOF\n")
    families = list(parse_open(text))
    assert {one.unit for one in families} == {"", "seconds", "rows"}
    assert all(one.name.endswith(f"_{one.unit}") for one in families if one.unit)
    assert {one.type for one in families} == {"gauge"}
    assert all(one.documentation for one in families)


def test_what_is_not_known_has_no_sample() -> None:
    never = report_of([spec(key="t")], type(ledger())(ledger().at, 6), shell_commands())
    names = {name for name, _ in samples(openmetrics(never), parse_open)}
    assert "tableferry_table_age_seconds" not in names
    assert "tableferry_table_status" in names


def test_a_file_is_replaced_as_a_whole_and_everybody_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "tableferry.prom"
    path.write_text("old")
    write_atomically(path, "new\n# EOF\n")
    assert path.read_text() == "new\n# EOF\n"
    assert list(tmp_path.iterdir()) == [path]
    assert stat.S_IMODE(path.stat().st_mode) & stat.S_IRGRP


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "tableferry.prom"
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_atomically(path, "# EOF\n")
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_or_a_pipe_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    write_atomically(link, "new\n# EOF\n")
    assert os.read(reader, 100) == b"new\n# EOF\n"
    os.close(reader)
    assert stat.S_ISFIFO(pipe.lstat().st_mode)
    assert link.is_symlink()
    with pytest.raises(OSError, match="No such device"):
        write_atomically(pipe, "nobody reads it\n")
    assert sorted(tmp_path.iterdir()) == [link, pipe]


def test_a_link_to_a_file_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "tableferry.prom", tmp_path / "link"
    link.symlink_to(path)
    write_atomically(link, "# EOF\n")
    assert link.is_symlink()
    assert path.read_text() == "# EOF\n"


@pytest.mark.parametrize("named", [Path(), Path("/"), Path("a" * 300)])
def test_a_path_that_no_file_can_have_is_named(
    named: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = report("customer")
    assert with_metrics(named, lambda: wanted) is wanted
    assert f"were not written to {named}: " in capsys.readouterr().err
    with pytest.raises(ConfigError, match="cannot be written"):
        require_writable(named)


def test_a_status_whose_metrics_cannot_be_written_is_told_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = report("customer")
    assert with_metrics(tmp_path / "missing" / "x.prom", lambda: wanted) is wanted
    assert "were not written to" in capsys.readouterr().err


def test_a_ledger_that_cannot_be_read_replaces_the_metrics_of_before(tmp_path: Path) -> None:
    def gone() -> StatusReport:
        raise TransientError("the target is gone")

    path = tmp_path / "tableferry.prom"
    path.write_text("old")
    with pytest.raises(TransientError):
        with_metrics(path, gone)
    assert samples(path.read_text(), parse_open) == {("tableferry_up", ()): 0.0}
