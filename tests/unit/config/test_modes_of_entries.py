"""The keys of an entry that belong to a mode: what fits together is taken, the rest is refused."""

import re
from itertools import product
from typing import Any

import pytest

from tableferry.config import (
    Consistency,
    DeleteHandling,
    Deletes,
    OnExpired,
    Publish,
    ReadMode,
    TableSpec,
    parse_table_configs,
)
from tableferry.config.mode_problems import DELETES_OF_MODES
from tableferry.errors import ConfigError
from tests.support.specs import entry

MODES: dict[str, dict[str, Any]] = {
    "full": {},
    "change_tracking": {"mode": "change_tracking"},
    "rowversion": {"mode": "rowversion", "deletes": "ignore"},
    "watermark": {"mode": "watermark", "watermark": "ChangedAt", "deletes": "ignore"},
}
"""The least that an entry of each mode has to say."""


def parsed(**changes: Any) -> TableSpec:
    return parse_table_configs({"one": entry(publish=None, **changes)})["one"]


def problems(**changes: Any) -> list[str]:
    """The problems of one entry, without its label."""
    with pytest.raises(ConfigError) as raised:
        parsed(**changes)
    return [line.removeprefix("  one: ") for line in raised.value.message.splitlines()[1:]]


@pytest.mark.parametrize("mode", MODES)
def test_the_least_that_a_mode_needs_is_enough(mode: str) -> None:
    found = parsed(**MODES[mode])
    assert found.mode is ReadMode(mode)
    assert found.is_incremental is (mode != "full")
    assert found.overlap is None
    assert found.on_expired is OnExpired.RELOAD
    assert (found.reconcile_every, found.max_delete_share) == (86_400, 10)


def test_every_key_of_the_modes_reaches_the_specification() -> None:
    found = parsed(
        mode="watermark",
        watermark="Changed At",
        overlap=0,
        deletes="reconcile",
        reconcile_every=0,
        max_delete_share=100,
    )
    assert (found.watermark, found.overlap) == ("Changed At", 0)
    assert found.deletes == Deletes(DeleteHandling.RECONCILE)
    assert (found.reconcile_every, found.max_delete_share) == (0, 100)
    assert parsed(mode="change_tracking", on_expired="stop").on_expired is OnExpired.STOP


def test_only_modes_that_see_deleted_rows_delete_them_unless_told_otherwise() -> None:
    assert parsed().deletes == Deletes(DeleteHandling.HARD)
    assert parsed(mode="change_tracking").deletes == Deletes(DeleteHandling.HARD)


WRITTEN = {
    "hard": "'hard', which deletes them",
    "soft:gone_at": "'soft:<column>', which marks them",
    "reconcile": "'reconcile', which compares the keys of both sides from time to time",
    "ignore": "'ignore', which leaves them in the target",
}
ALLOWED = {
    "full": ["hard", "soft:gone_at"],
    "change_tracking": ["hard", "soft:gone_at", "ignore"],
    "rowversion": ["reconcile", "ignore"],
    "watermark": ["reconcile", "ignore"],
}


@pytest.mark.parametrize(("mode", "deletes"), [*product(MODES, WRITTEN)])
def test_a_mode_takes_the_handling_of_deleted_rows_that_it_can_do(mode: str, deletes: str) -> None:
    given = {**MODES[mode], "deletes": deletes}
    if deletes in ALLOWED[mode]:
        assert str(parsed(**given).deletes) == deletes
        return
    others = " or ".join(WRITTEN[one] for one in ALLOWED[mode])
    assert problems(**given) == [
        f"'deletes': '{deletes}' does not fit 'mode': '{mode}': use {others}"
    ]


def test_every_mode_says_how_it_can_handle_deleted_rows() -> None:
    assert set(DELETES_OF_MODES) == set(ReadMode)


@pytest.mark.parametrize("mode", ["rowversion", "watermark"])
def test_a_mode_that_does_not_see_deleted_rows_must_say_what_becomes_of_them(mode: str) -> None:
    given = {key: value for key, value in MODES[mode].items() if key != "deletes"}
    assert problems(**given) == [
        (
            f"'mode': '{mode}' does not see deleted rows: set 'deletes' to "
            f"{WRITTEN['reconcile']} or {WRITTEN['ignore']}"
        )
    ]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("key", "value", "of"),
    [
        ("watermark", "ChangedAt", "watermark"),
        ("overlap", 60, "watermark"),
        ("on_expired", "stop", "change_tracking"),
    ],
)
def test_a_key_that_another_mode_looks_at_is_refused(
    mode: str, key: str, value: object, of: str
) -> None:
    given = {**MODES[mode], key: value}
    if mode == of:
        assert parsed(**given)
    else:
        assert problems(**given) == [f"{key!r} is for 'mode': {of!r}"]


@pytest.mark.parametrize("key", ["reconcile_every", "max_delete_share"])
@pytest.mark.parametrize("mode", MODES)
def test_what_is_for_reconciling_only_is_refused_without_it(mode: str, key: str) -> None:
    assert problems(**MODES[mode], **{key: 1}) == [f"{key!r} is for 'deletes': 'reconcile'"]


def test_mode_watermark_needs_its_column() -> None:
    assert problems(mode="watermark", deletes="ignore") == [
        "'mode': 'watermark' needs 'watermark', the column whose value rises with every change"
    ]


@pytest.mark.parametrize("mode", list(MODES)[1:])
def test_an_incremental_mode_needs_the_ledger(mode: str) -> None:
    assert problems(**MODES[mode], ledger="off") == [
        (
            f"'mode': '{mode}' needs the ledger, which keeps how far the table has been read: omit "
            "'ledger': 'off'"
        )
    ]


@pytest.mark.parametrize(("mode", "consistency"), [*product(MODES, Consistency)])
def test_nothing_read_with_nolock_sets_a_watermark(mode: str, consistency: str) -> None:
    given = {**MODES[mode], "consistency": consistency}
    if mode == "full" or consistency != Consistency.NOLOCK:
        assert parsed(**given).consistency is consistency
        return
    assert problems(**given) == [
        (
            f"'mode': '{mode}' does not fit 'consistency': 'nolock': a row that it misses would "
            "not be read again"
        )
    ]


@pytest.mark.parametrize(("mode", "publish"), [*product(MODES, Publish)])
def test_a_complete_load_of_any_mode_is_published_by_any_strategy(mode: str, publish: str) -> None:
    follows = {"deletes": "reconcile"} if mode in {"rowversion", "watermark"} else {}
    given = {"one": entry(**{**MODES[mode], **follows}, publish=publish)}
    assert parse_table_configs(given)["one"].publish is publish


KEPT = [
    ("full", "soft:gone_at"),
    ("change_tracking", "soft:gone_at"),
    ("change_tracking", "ignore"),
]
KEPT += [("rowversion", "ignore"), ("watermark", "ignore")]


@pytest.mark.parametrize(("kept", "publish"), [*product(KEPT, Publish)])
def test_rows_that_are_to_stay_stay_in_place(kept: tuple[str, str], publish: str) -> None:
    mode, deletes = kept
    given = {"one": entry(**{**MODES[mode], "deletes": deletes}, publish=publish)}
    if publish in {"auto", "merge"}:
        assert parse_table_configs(given)["one"].deletes == Deletes.parse(deletes)
        return
    with pytest.raises(ConfigError) as raised:
        parse_table_configs(given)
    assert raised.value.message.splitlines()[1:] == [
        (
            f"  one: 'deletes': '{deletes}' needs rows that stay in place, and 'publish': "
            f"'{publish}' replaces all of them: use 'merge' or 'auto'"
        )
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"deletes": "soft:name"}, "names 'name', which is filled from the source"),
        (
            {"deletes": "soft:user_name", "columns": ["ID", "UserName"], "pg_columns": None},
            "names 'user_name', which is filled from the source",
        ),
        ({"deletes": "soft:xmax"}, "names a column that PostgreSQL itself keeps in every table"),
        (
            {"deletes": "soft:gone", "ledger": "off"},
            "needs the ledger, which tracks the staging table: omit 'ledger': 'off'",
        ),
    ],
)
def test_a_column_that_cannot_hold_the_mark_is_refused(
    changes: dict[str, Any], problem: str
) -> None:
    assert problems(**changes) == [f"'deletes': '{changes['deletes']}' {problem}"]


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soft",
        "soft:",
        "hard:x",
        "ignore:",
        "reconcile:id",
        "SOFT:x",
        "delete",
        1,
        None.__class__,
    ],
)
def test_what_says_no_handling_of_deleted_rows_is_refused_once(value: object) -> None:
    assert problems(deletes=value, overlap=1) == [
        "'deletes' must be one of hard, soft:<column>, reconcile, ignore"
    ]


@pytest.mark.parametrize(
    ("key", "value", "meaning"),
    [
        ("mode", "cdc", "one of full, change_tracking, rowversion, watermark"),
        ("mode", [], "one of full, change_tracking, rowversion, watermark"),
        ("on_expired", "clamp", "one of reload, stop"),
        ("watermark", " ", "a text that is not empty"),
        ("watermark", ["A", "B"], "a text that is not empty"),
        ("overlap", -1, "a whole number from 0 to 1,000,000,000"),
        ("overlap", "10 minutes", "a whole number from 0 to 1,000,000,000"),
        ("reconcile_every", 31_536_001, "a whole number from 0 to 31,536,000"),
        ("max_delete_share", 101, "a whole number from 0 to 100"),
    ],
)
def test_a_wrong_value_is_reported_with_the_valid_ones(
    key: str, value: object, meaning: str
) -> None:
    assert f"{key!r} must be {meaning}" in problems(**{key: value})


@pytest.mark.parametrize(
    "changes",
    [{"deletes": "soft:" + "x" * 64}, {**MODES["watermark"], "watermark": "W" * 129}],
)
def test_a_name_that_its_database_would_not_take_is_refused(changes: dict[str, Any]) -> None:
    [problem] = problems(**changes)
    assert re.search("name '?(x{64}|W{129})'? is longer than", problem)


def test_what_is_displayed_of_an_entry_is_what_its_mode_looks_at() -> None:
    def shown(**changes: Any) -> dict[str, Any]:
        keys = {
            "mode", "watermark", "overlap", "deletes", "on_expired", "reconcile_every",
            "max_delete_share",
        }  # fmt: skip
        return {key: value for key, value in parsed(**changes).to_dict().items() if key in keys}

    assert shown() == {"mode": "full", "deletes": "hard"}
    assert shown(mode="change_tracking", deletes="soft:gone_at") == {
        "mode": "change_tracking",
        "deletes": "soft:gone_at",
        "on_expired": "reload",
    }
    assert shown(**{**MODES["watermark"], "deletes": "reconcile"}, overlap=5) == {
        "mode": "watermark",
        "watermark": "ChangedAt",
        "overlap": 5,
        "deletes": "reconcile",
        "reconcile_every": 86_400,
        "max_delete_share": 10,
    }
