"""``max_age`` of an entry: how old its rows may be before ``status`` calls it late."""

import pytest

from tableferry.config import parse_table_configs
from tableferry.errors import ConfigError
from tests.support.specs import entry


def test_there_is_no_limit_unless_the_entry_sets_one() -> None:
    found = parse_table_configs({"one": entry()})["one"]
    assert found.max_age is None
    assert "max_age" not in found.to_dict()


def test_a_limit_reaches_the_specification_and_what_is_shown_of_it() -> None:
    found = parse_table_configs({"one": entry(max_age=3600)})["one"]
    assert (found.max_age, found.to_dict()["max_age"]) == (3600, 3600)


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "1h", True])
def test_a_limit_is_a_whole_number_of_seconds(wrong: object) -> None:
    with pytest.raises(ConfigError, match="'max_age' must be a whole number from 1 to"):
        parse_table_configs({"one": entry(max_age=wrong)})


def test_a_limit_without_the_ledger_is_refused_as_nothing_says_how_old_the_rows_are() -> None:
    with pytest.raises(ConfigError, match="'max_age' needs the ledger"):
        parse_table_configs({"one": entry(max_age=60, ledger="off")})
