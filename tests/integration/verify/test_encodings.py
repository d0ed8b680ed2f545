"""A target database that is not UTF-8 is compared by what it sends for its texts."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.integration.test_target_encoding import created
from tests.integration.verify.conftest import Pair
from tests.support.comparing import summary

pytestmark = pytest.mark.with_ledger


@pytest.fixture(params=["LATIN1", "SQL_ASCII"])
def encoded(request: pytest.FixtureRequest, pair: Pair) -> Iterator[Pair]:
    for database in created(pair.target, request.param):
        yield replace(pair, target=database)


def test_texts_are_compared_in_any_encoding(encoded: Pair) -> None:
    encoded.source.run(
        "CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, Name nvarchar(20), Code nchar(6), "
        "Note nvarchar(max))"
    )
    encoded.source.run(
        "INSERT INTO dbo.T VALUES (1, N'größer', N'äö', N'{\"é\": 1, \"b\": 2}'), "
        "(2, N'é', N'', N'\"ß\"')"
    )
    encoded.target.run(
        "CREATE TABLE t (id int PRIMARY KEY, name varchar(20), code char(6), note jsonb)"
    )
    changes = {"type_overrides": {"Note": "jsonb"}, "publish": "truncate"}
    encoded.load(**changes)
    found = encoded.compare(**changes)
    assert (found.total, found.not_compared) == (0, {})
    encoded.target.run("UPDATE t SET name = 'GRÖSSER', code = 'äo' WHERE id = 1")
    assert summary(encoded.compare(**changes)) == [("different", ("1",), ("Name", "Code"))]
