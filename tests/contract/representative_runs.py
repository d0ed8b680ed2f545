"""Runs that send every kind of statement that the engine has, and what records them."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

import tableferry
from tableferry import Table
from tableferry.config import TargetSettings
from tableferry.sqlserver import session as opening
from tableferry_sandbox.testing import SqlServer

TYPES = (
    "bit", "tinyint", "smallint", "int", "bigint", "decimal(9, 2)", "numeric(5, 2)", "money",
    "smallmoney", "real", "float", "date", "time(7)", "smalldatetime", "datetime", "datetime2(7)",
    "datetimeoffset(7)", "char(6)", "varchar(9)", "varchar(max)", "nchar(6)", "nvarchar(9)",
    "nvarchar(max)", "text", "ntext", "binary(8)", "varbinary(9)", "varbinary(max)", "image",
    "uniqueidentifier", "xml", "sql_variant", "hierarchyid", "geography", "geometry",
)  # fmt: skip

KEYS = {
    "bigint": [str(n) for n in range(1, 7)],
    "decimal(9, 2)": [f"{n}.5" for n in range(1, 7)],
    "money": [f"{n}.5" for n in range(1, 7)],
    "date": [f"'2024-01-0{n}'" for n in range(1, 7)],
    "time(3)": [f"'0{n}:00:00'" for n in range(1, 7)],
    "datetime2(7)": [f"'2024-01-0{n}T00:00:00'" for n in range(1, 7)],
    "datetimeoffset(7)": [f"'2024-01-0{n} 00:00:00 +01:00'" for n in range(1, 7)],
    "uniqueidentifier": [f"'00000000-0000-0000-0000-00000000000{n}'" for n in range(1, 7)],
    "nvarchar(9)": [f"N'{letter}'" for letter in "abcdef"],
    "varchar(9)": [f"'{letter}'" for letter in "abcdef"],
    "varbinary(9)": [f"0x0{n}" for n in range(1, 7)],
}


@contextlib.contextmanager
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every batch that the engine gives to its driver while the block runs."""
    sent: list[str] = []
    opened = opening.open_driver_connection

    def noted(*arguments: Any, **named: Any) -> Any:
        return _Noting(opened(*arguments, **named), sent)

    with monkeypatch.context() as patch:
        patch.setattr(opening, "open_driver_connection", noted)
        yield sent


class _Noting:
    """A driver's connection, or a cursor of it, that notes what is executed."""

    def __init__(self, inner: Any, sent: list[str]) -> None:
        self.__dict__.update(_inner=inner, _sent=sent)

    def cursor(self, *arguments: Any) -> Any:
        return _Noting(self._inner.cursor(*arguments), self._sent)

    def execute(self, sql: str, *more: Any, **named: Any) -> Any:
        self._sent.append(sql)
        return self._inner.execute(sql, *more, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._inner, name, value)


def run_everything(server: SqlServer, target: TargetSettings) -> None:
    """Copy, follow, compare and examine tables of every kind."""
    server.create_database("Shop")
    options = "SET ALLOW_SNAPSHOT_ISOLATION ON", "SET CHANGE_TRACKING = ON"
    server.run("Shop", *(f"ALTER DATABASE Shop {option}" for option in options))
    source = (
        f"mssql://{server.user}:{server.password}@{server.host}:{server.port}/Shop"
        "?trust_certificate=yes"
    )
    for work in (_every_type, _keys, _modes, _questions):
        work(server, {"source": source, "target": target})


def _every_type(server: SqlServer, to: dict[str, Any]) -> None:
    columns = ", ".join(f"C{place} {kind} NULL" for place, kind in enumerate(TYPES))
    server.run("Shop", f"CREATE TABLE dbo.Types (ID int NOT NULL PRIMARY KEY, {columns})")
    server.run("Shop", "INSERT dbo.Types (ID) VALUES (1), (2)")
    tableferry.copy_table("dbo.Types", "types", **to).raise_for_failure()
    tableferry.copy_table("dbo.Types", "types", consistency="nolock", **to).raise_for_failure()
    tableferry.verify(Table("dbo.Types", "types"), independent=True, **to)


def _keys(server: SqlServer, to: dict[str, Any]) -> None:
    tables = [Table("dbo.Two", "two", chunks=3)]
    for place, (kind, values) in enumerate(KEYS.items()):
        rows = ", ".join(f"({value})" for value in values)
        server.run("Shop", f"CREATE TABLE dbo.K{place} (K {kind} NOT NULL PRIMARY KEY)")
        server.run("Shop", f"INSERT dbo.K{place} VALUES {rows}")
        tables.append(Table(f"dbo.K{place}", f"k{place}", chunks=3))
    server.run("Shop", "CREATE TABLE dbo.Two (A int NOT NULL, B int NOT NULL, PRIMARY KEY (A, B))")
    server.run("Shop", "INSERT dbo.Two VALUES (1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1)")
    for outcome in tableferry.sync(tables, **to).tables:
        outcome.raise_for_failure()
    tableferry.verify([Table("dbo.Two", "two"), Table("dbo.K8", "k8")], sample=2, **to)


def _modes(server: SqlServer, to: dict[str, Any]) -> None:
    server.run("Shop", "CREATE TABLE dbo.C (ID int NOT NULL PRIMARY KEY, V int, R rowversion, "
               "T datetime2(7), N int)", "ALTER TABLE dbo.C ENABLE CHANGE_TRACKING",
               "INSERT dbo.C (ID, V, T, N) VALUES (1, 1, SYSUTCDATETIME(), 1)")  # fmt: skip
    tables = [
        Table("dbo.C", "tracked", mode="change_tracking"),
        Table("dbo.C", "versions", mode="rowversion", deletes="reconcile", reconcile_every=0),
        Table("dbo.C", "times", mode="watermark", watermark="T", deletes="ignore"),
        Table("dbo.C", "numbers", mode="watermark", watermark="N", overlap=1, deletes="ignore"),
    ]
    for change in (
        "",
        "UPDATE dbo.C SET V = 2, N = 2",
        "DELETE dbo.C",
        "INSERT dbo.C (ID) VALUES (7)",
    ):
        if change:
            server.run("Shop", change)
        for outcome in tableferry.sync(tables, **to).tables:
            outcome.raise_for_failure()
        tableferry.plan(tables, **to)
    tableferry.verify(tables, **to)


def _questions(server: SqlServer, to: dict[str, Any]) -> None:
    server.run(
        "Shop", "CREATE VIEW dbo.W AS SELECT ID FROM dbo.C", "CREATE SYNONYM dbo.S FOR dbo.C"
    )
    tables = [Table("dbo.C", "tracked", mode="change_tracking"),
              Table("dbo.C", "versions", mode="rowversion", deletes="reconcile"),
              Table("dbo.W", "w"), Table("dbo.S", "s")]  # fmt: skip
    tableferry.doctor(tables, **to)
    tableferry.check(tables, **to)
    tableferry.discover(to["source"], views=True, like="C%")
    tableferry.plan(Table("dbo.*"), **to)
