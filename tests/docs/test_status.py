"""docs/status.md names what a status has: its words, its keys, its metrics."""

import re
from dataclasses import replace
from pathlib import Path

from tableferry.states.judge import report_of
from tableferry.states.listings import History, QuarantineList, RefusedGroup, RunList
from tableferry.states.openmetrics import openmetrics
from tableferry.states.records import RunRecord
from tableferry.states.report import StatusReport
from tableferry.states.words import WORST_FIRST, Word, shell_commands
from tests.support.specs import spec
from tests.unit.states.facts import GONE, NOW, ledger, run, verification, watermark

PAGE = (Path(__file__).parents[2] / "docs" / "status.md").read_text()


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def named(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_]+)`", text))


def test_every_word_has_a_row_in_their_order_of_precedence() -> None:
    rows = re.findall(r"^\| `([a-z]+)` \|", section("The words"), re.MULTILINE)
    assert rows == list(WORST_FIRST)


def whole_report() -> StatusReport:
    """A report in which every key has a value."""
    failed = run("failed", 1, error=GONE, phase="load", attempt=2, warnings=("careful",))
    facts = ledger(
        failed,
        run(consistency="snapshot"),
        watermark=watermark(40, retention=3600.0),
        verifications=(replace(verification("not verified", 0.5), reason="no key"),),
        quarantined=1,
    )
    last = RunRecord("r", "ok", NOW, NOW, NOW, "host pid 7", "0.1.0", 5, {"ok": 1})
    return report_of(
        [spec(key="customer", target="customer", max_age=60)],
        replace(facts, last_run=last),
        shell_commands(),
        where="host/db",
    )


def keys_in(value: object) -> set[str]:
    if isinstance(value, dict):
        return {key for name, inner in value.items() for key in {name} | keys_in(inner)}
    return {key for one in value for key in keys_in(one)} if isinstance(value, list) else set()


def test_every_key_of_the_json_form_is_named() -> None:
    whole = whole_report()
    history = History("customer", whole.tables[0].runs)
    refused = RefusedGroup("public.t", "Name", "too long", "22001", 1, 1, NOW, ({},))
    lists = (RunList((whole.last_run,) if whole.last_run else ()), history)
    there = keys_in(whole.to_dict()) - {"type", "message", "code"} - set(Word)
    for found in (*lists, QuarantineList("customer", (refused,))):
        there |= keys_in(found.to_dict())
    there -= {"type", "message", "code", "ok"}
    assert len(there) > 40
    assert there - named(section("JSON")) == set()


def metrics() -> set[str]:
    return set(re.findall(r"^# TYPE (\w+)", openmetrics(whole_report()), re.MULTILINE))


def test_the_metrics_that_are_named_are_those_that_there_are() -> None:
    written = {name for name in named(section("Metrics")) if name.startswith("tableferry_")}
    assert written == metrics()
