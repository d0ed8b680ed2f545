"""``verify`` and ``repair`` of an entry: what proves something is taken, the rest is refused."""

from typing import Any

import pytest

from tableferry.config import Depth, TableSpec, parse_table_configs
from tableferry.errors import ConfigError
from tests.support.specs import entry


def parsed(**changes: Any) -> TableSpec:
    return parse_table_configs({"one": entry(**{"publish": None, **changes})})["one"]


def problems(**changes: Any) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        parsed(**changes)
    return [line.removeprefix("  one: ") for line in raised.value.message.splitlines()[1:]]


def test_nothing_is_verified_unless_the_entry_says_so() -> None:
    assert (parsed().verify, parsed().repair) == (None, False)
    assert not {"verify", "repair"} & set(parsed().to_dict())


@pytest.mark.parametrize("depth", Depth)
def test_each_depth_reaches_the_specification_and_what_is_shown_of_it(depth: Depth) -> None:
    found = parsed(verify=depth.value)
    assert found.verify is depth
    assert found.to_dict()["verify"] == depth.value


@pytest.mark.parametrize("depth", ["rows", "sample"])
def test_rows_that_are_found_by_their_keys_can_be_repaired(depth: str) -> None:
    found = parsed(verify=depth, repair=True)
    assert found.repair
    assert found.to_dict()["repair"] is True


def test_repair_needs_a_verification_that_finds_rows() -> None:
    assert problems(repair=True) == [
        "'repair' needs 'verify', which finds the rows: 'rows' or 'sample'"
    ]
    assert problems(repair=True, verify="count") == [
        (
            "'repair' does not fit 'verify': 'count', which does not find out which rows differ: "
            "use 'rows' or 'sample'"
        )
    ]
    assert parsed(repair=False).repair is False


def test_repair_needs_the_ledgers_lease() -> None:
    given = {"repair": True, "verify": "rows", "ledger": "off", "publish": "truncate"}
    assert problems(**given) == ["'repair' needs the ledger, whose lease keeps other runs away"]
    assert parsed(verify="rows", ledger="off", publish="truncate").verify is Depth.ROWS


@pytest.mark.parametrize("depth", Depth)
def test_what_is_read_with_nolock_proves_nothing(depth: Depth) -> None:
    assert problems(verify=depth.value, consistency="nolock") == [
        (
            f"'verify': '{depth}' does not fit 'consistency': 'nolock': a read that may miss "
            "rows, or show them twice, proves nothing"
        )
    ]


def test_values_of_another_kind_are_refused_once() -> None:
    assert problems(verify="all", repair="yes", consistency="nolock") == [
        "'verify' must be one of count, sample, rows",
        "'repair' must be true or false",
    ]
