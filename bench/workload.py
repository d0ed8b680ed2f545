"""The workload of a contender, passed to it as JSON: tables, their source and their target."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from bench.target import target_connection
from tableferry.config import (
    Settings,
    SourceSettings,
    TableSpec,
    TargetSettings,
    parse_table_configs,
)
from tableferry_sandbox.sample import BenchTable

ANY: int = -1
"""The ``rows`` of a workload where any number is right."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One benchmark table, or several, with their connections.

    ``configs`` are the entries by key. ``rows`` is how many a contender has to write, or ``ANY``.
    ``copy_file`` is the path of the rows as COPY BINARY, for the contenders that only write.
    ``plain_rows`` are those that the slow plain design reads, ``jobs`` how many tables are loaded
    at once.
    """

    configs: dict[str, dict[str, Any]]
    source: dict[str, Any]
    target: dict[str, Any]
    rows: int
    copy_file: str = ""
    plain_rows: int = 0
    jobs: int = 1

    @classmethod
    def of(
        cls,
        tables: BenchTable | Sequence[BenchTable],
        source: dict[str, Any],
        target: dict[str, Any],
    ) -> Self:
        """Return the workload of one benchmark table or of several."""
        tables = (tables,) if isinstance(tables, BenchTable) else tables
        configs = {bench.table.config_key: _config(bench) for bench in tables}
        return cls(configs, source, target, sum(bench.row_count for bench in tables))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what ``to_json`` wrote."""
        return cls(**json.loads(text))

    def with_keys(self, **changes: Any) -> Self:
        """Return the workload with these keys in each entry; None takes a key away."""
        configs = {
            name: {k: v for k, v in {**config, **changes}.items() if v is not None}
            for name, config in self.configs.items()
        }
        return replace(self, configs=configs)

    def write_copy_file(self, where: str = "") -> None:
        """Write the target's rows to ``copy_file``, encoded by PostgreSQL itself.

        ``where`` is a condition in SQL, for some of the rows.
        """
        rows = f"(SELECT * FROM {self.spec.target.sql} {where and 'WHERE ' + where})"
        with (
            target_connection(self.target) as connection,
            connection.cursor().copy(f"COPY {rows} TO STDOUT (FORMAT BINARY)".encode()) as copy,
            Path(self.copy_file).open("wb") as encoded,
        ):
            encoded.writelines(copy)

    def to_json(self) -> str:
        """Return the workload as one line of JSON."""
        return json.dumps(asdict(self))

    @property
    def spec(self) -> TableSpec:
        """The spec of the first table."""
        return self.specs[0]

    @property
    def specs(self) -> list[TableSpec]:
        """The specs of all tables."""
        return list(parse_table_configs(self.configs).values())

    @property
    def settings(self) -> Settings:
        """The settings of both connections."""
        source = SourceSettings(prefix="SQL_SERVER_BENCH_", **self.source)
        return Settings({"bench": source}, TargetSettings(prefix="PG_", **self.target))


def _config(bench: BenchTable) -> dict[str, Any]:
    table = bench.table
    key = table.primary_key.split(",")
    return {
        "db_type": "bench",
        "sql_server_db": table.database,
        "sql_table": f"[{table.database}].[dbo].[{table.name}]",
        "pg_table": table.pg_table,
        "columns": [column.name for column in table.columns],
        "pg_columns": [column.pg_name for column in table.columns],
        "primary_key": key if len(key) > 1 else key[0],
        "publish": "auto",
    }
