"""The sandbox answers outer joins as SQL Server does: a NOT NULL column may be missing there."""

from collections.abc import Iterator

import pytest

from tests.integration.conftest import Sandbox


@pytest.fixture(scope="module")
def joined(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    running_sandbox.run(
        "CREATE TABLE dbo.A (ID int NOT NULL);"
        "CREATE TABLE dbo.B (ID int NOT NULL, N nvarchar(9) NOT NULL);"
        "INSERT INTO dbo.A VALUES (1), (2); INSERT INTO dbo.B VALUES (1, N'x'), (3, N'y')"
    )
    yield running_sandbox
    running_sandbox.run("DROP TABLE dbo.A; DROP TABLE dbo.B")


@pytest.mark.parametrize(
    ("join", "rows"),
    [
        ("dbo.A a LEFT JOIN dbo.B b ON b.ID = a.ID", {(1, 1, "x"), (2, None, None)}),
        ("dbo.A a RIGHT JOIN dbo.B b ON b.ID = a.ID", {(1, 1, "x"), (None, 3, "y")}),
        (
            "dbo.A a FULL JOIN dbo.B b ON b.ID = a.ID",
            {(1, 1, "x"), (2, None, None), (None, 3, "y")},
        ),
        (
            "dbo.A a OUTER APPLY (SELECT ID, N FROM dbo.B WHERE ID = a.ID) b",
            {(1, 1, "x"), (2, None, None)},
        ),
        ("dbo.A a JOIN dbo.B b ON b.ID = a.ID", {(1, 1, "x")}),
    ],
)
def test_a_side_without_a_match_is_null(
    joined: Sandbox, join: str, rows: set[tuple[object, ...]]
) -> None:
    assert set(joined.rows(f"SELECT a.ID, b.ID, b.N FROM {join}")) == rows
