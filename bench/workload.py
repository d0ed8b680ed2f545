"""The workload of a contender, passed to it as JSON: one table, its source and its target."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.target import target_connection
from tableferry.config import (
    Settings,
    SourceSettings,
    TableSpec,
    TargetSettings,
    parse_table_configs,
)
from tableferry_sandbox.sample import BenchTable

KEY = "bench"


@dataclass(frozen=True, slots=True)
class Workload:
    """One benchmark table with its connections.

    ``copy_file`` is the path of the rows as COPY BINARY, for the contender that only writes.
    ``rows`` is -1 where any number is right. With ``tables`` it stands for so many small tables.
    """

    config: dict[str, Any]
    source: dict[str, Any]
    target: dict[str, Any]
    rows: int
    copy_file: str
    tables: int = 0

    @classmethod
    def of(
        cls,
        bench: BenchTable,
        source: dict[str, Any],
        target: dict[str, Any],
        copy_file: str,
    ) -> "Workload":
        """Return the workload of a benchmark table."""
        table = bench.table
        config = {
            "db_type": "bench",
            "sql_server_db": table.database,
            "sql_table": f"[{table.database}].[dbo].[{table.name}]",
            "pg_table": table.pg_table,
            "columns": [column.name for column in table.columns],
            "pg_columns": [column.pg_name for column in table.columns],
            "primary_key": table.primary_key,
            "order_by": table.primary_key,
            # The limit (c) loads into the table with its key, too, and analyzes nothing.
            "publish": "truncate",
        }
        return cls(config, source, target, bench.row_count, copy_file)

    @classmethod
    def from_json(cls, text: str) -> "Workload":
        """Read what ``to_json`` wrote."""
        return cls(**json.loads(text))

    def write_copy_file(self) -> None:
        """Write the target's rows to ``copy_file``, encoded by PostgreSQL itself."""
        sql = f"COPY {self.spec.target.sql} TO STDOUT (FORMAT BINARY)"
        with (
            target_connection(self.target) as connection,
            connection.cursor().copy(sql) as copy,
            Path(self.copy_file).open("wb") as encoded,
        ):
            encoded.writelines(copy)

    def to_json(self) -> str:
        """Return the workload as one line of JSON."""
        return json.dumps(asdict(self))

    @property
    def spec(self) -> TableSpec:
        """The table's spec."""
        return parse_table_configs({KEY: self.config})[KEY]

    @property
    def specs(self) -> list[TableSpec]:
        """The specs of all its tables."""
        if not self.tables:
            return [self.spec]
        small = {"columns": ["ID", "Name"], "pg_columns": ["id", "name"], "primary_key": "ID"}
        configs = {
            f"idle{number}": {
                **self.config,
                **small,
                "sql_table": f"dbo.Idle{number}",
                "pg_table": f"idle{number}",
            }
            for number in range(self.tables)
        }
        return list(parse_table_configs(configs).values())

    @property
    def settings(self) -> Settings:
        """The settings of both connections."""
        source = SourceSettings(prefix="SQL_SERVER_BENCH_", **self.source)
        return Settings({"bench": source}, TargetSettings(prefix="PG_", **self.target))
