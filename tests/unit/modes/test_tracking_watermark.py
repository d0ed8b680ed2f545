"""A saved version is used only where the changes since then are all there."""

from dataclasses import replace

import pytest

from tableferry.errors import ConfigError
from tableferry.model.identifiers import SourceTable
from tableferry.model.watermark import ReloadReason
from tableferry.modes.tracking import TrackedDatabase, TrackedTable
from tableferry.modes.tracking_watermark import (
    is_same_journal,
    judge,
    parse,
    require_tracked,
    saved,
)

IDENTITY = {"database_guid": "D", "recovery_fork_guid": "F", "created": "C", "restored": "none"}
DATABASE = TrackedDatabase("McTM", 10, 172800.0, snapshot=True, identity=IDENTITY, user="reader")
TABLE = TrackedTable(
    SourceTable("McTM", "dbo", "T"), minimum=3, begun=3, cleaned=0, form="abc", journal="J"
)
SAVED = saved(DATABASE, TABLE)
LATER = replace(DATABASE, version=20)


def test_a_watermark_that_nothing_has_happened_to_is_used() -> None:
    assert judge(SAVED, DATABASE, TABLE) is None
    assert judge(SAVED, LATER, replace(TABLE, minimum=10, cleaned=10)) is None


def test_changes_that_are_cleaned_up_have_expired() -> None:
    table = replace(TABLE, minimum=11, cleaned=11)
    assert judge(SAVED, LATER, table) is ReloadReason.EXPIRED


def test_a_truncated_table_begins_anew() -> None:
    table = replace(TABLE, minimum=15, begun=15)
    assert judge(SAVED, LATER, table) is ReloadReason.TRUNCATED


def test_tracking_that_was_off_has_a_new_journal() -> None:
    table = replace(TABLE, minimum=15, begun=15, journal="K")
    assert judge(SAVED, LATER, table) is ReloadReason.TRACKING_OFF_AND_ON


def test_tracking_that_began_anew_at_the_saved_version_is_noticed() -> None:
    table = replace(TABLE, minimum=10, begun=10)
    assert judge(SAVED, DATABASE, table) is ReloadReason.TRUNCATED


def test_a_truncation_at_the_version_at_which_tracking_began_would_not_show() -> None:
    table = replace(TABLE, minimum=10, begun=10)
    value = saved(DATABASE, table)
    assert judge(value, DATABASE, table) is None
    assert judge(value, LATER, table) is ReloadReason.TRACKING_BEGAN
    assert judge(saved(LATER, table), replace(DATABASE, version=30), table) is None


def test_tracking_is_known_to_have_been_on_only_by_a_journal_that_is_seen_both_times() -> None:
    unseen = replace(TABLE, journal="")
    assert is_same_journal(SAVED, TABLE)
    assert not is_same_journal(SAVED, unseen)
    assert not is_same_journal(saved(DATABASE, unseen), TABLE)
    assert not is_same_journal(saved(DATABASE, unseen), unseen)


def test_a_journal_that_is_seen_only_once_says_nothing() -> None:
    assert judge(SAVED, LATER, replace(TABLE, journal="")) is None
    assert judge(saved(DATABASE, replace(TABLE, journal="")), LATER, TABLE) is None


def test_a_version_that_went_back_is_a_reset() -> None:
    assert judge(SAVED, replace(DATABASE, version=9), TABLE) is ReloadReason.RESET


def test_a_table_of_another_form_was_altered() -> None:
    assert judge(SAVED, LATER, replace(TABLE, form="abd")) is ReloadReason.ALTERED


@pytest.mark.parametrize("key", sorted(IDENTITY))
def test_each_sign_of_another_database_counts_though_its_version_passes(key: str) -> None:
    other = replace(LATER, identity={**IDENTITY, key: "X"})
    assert judge(SAVED, other, TABLE) is ReloadReason.OTHER_DATABASE


@pytest.mark.parametrize("key", sorted(IDENTITY))
def test_what_is_not_visible_any_longer_or_at_first_is_no_sign(key: str) -> None:
    fewer = {name: value for name, value in IDENTITY.items() if name != key}
    assert judge(SAVED, replace(LATER, identity=fewer), TABLE) is None
    assert judge(saved(replace(DATABASE, identity=fewer), TABLE), LATER, TABLE) is None


def test_a_deleted_history_of_restores_is_no_restore() -> None:
    before = saved(replace(DATABASE, identity={**IDENTITY, "restored": "2024"}), TABLE)
    assert judge(before, LATER, TABLE) is None


def test_tracking_that_is_off_in_the_database_is_refused_with_the_statements() -> None:
    with pytest.raises(ConfigError) as caught:
        judge(SAVED, replace(DATABASE, version=None), TABLE)
    assert caught.value.message == "Change Tracking is off in the database McTM"
    assert "ALTER DATABASE [McTM] SET CHANGE_TRACKING = ON" in caught.value.hint
    assert "ALTER TABLE [dbo].[T] ENABLE CHANGE_TRACKING" in caught.value.hint


def test_tracking_that_is_off_for_the_table_is_refused_with_the_statement() -> None:
    off = TrackedTable(TABLE.source, minimum=None, form="abc")
    with pytest.raises(ConfigError) as caught:
        judge(SAVED, DATABASE, off)
    assert caught.value.message == "Change Tracking is off for McTM.dbo.T"
    assert "ALTER TABLE [dbo].[T] ENABLE CHANGE_TRACKING" in caught.value.hint


def test_tracking_that_the_login_may_not_see_is_refused_with_the_grant() -> None:
    with pytest.raises(ConfigError) as caught:
        require_tracked(DATABASE, replace(TABLE, minimum=None))
    assert "may not see the changes of McTM.dbo.T" in caught.value.message
    assert "GRANT VIEW CHANGE TRACKING ON [dbo].[T] TO [reader]" in caught.value.hint


def test_a_database_without_snapshot_is_refused_with_the_statement() -> None:
    with pytest.raises(ConfigError) as caught:
        require_tracked(replace(DATABASE, snapshot=False), TABLE)
    assert "ALTER DATABASE [McTM] SET ALLOW_SNAPSHOT_ISOLATION ON" in caught.value.hint


def test_whether_snapshot_is_allowed_may_be_unknown() -> None:
    assert require_tracked(replace(DATABASE, snapshot=None), TABLE) == (10, 3)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "10",
        "[]",
        "{}",
        "null",
        SAVED.replace("10", '"10"'),
        SAVED.replace("10", "-1"),
        SAVED.replace("10", "true"),
        SAVED.replace('"abc"', "5"),
        SAVED.replace('"F"', "5"),
        SAVED.replace("10", "10.0"),
    ],
)
def test_a_watermark_that_cannot_be_read_is_an_error_and_not_a_beginning(value: str) -> None:
    with pytest.raises(ConfigError, match="not one of"):
        judge(value, LATER, TABLE)


def test_a_saved_version_is_read_as_it_was_written() -> None:
    whole = parse(SAVED)
    assert (whole.version, whole.begun, whole.form, whole.journal) == (10, 3, "abc", "J")
    assert whole.identity == IDENTITY
