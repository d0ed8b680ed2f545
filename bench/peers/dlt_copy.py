"""Copies tables with dlt, in its environment; reads what to copy from stdin, as JSON.

Settings as in dlt's documentation on performance: Arrow tables from the database, no compression
of the files in between, several workers, and files of CSV for COPY.
"""

import json
import os
import sys

import dlt
from dlt.sources.sql_database import sql_database


def main() -> None:
    """Copy the tables whose names are given, replacing those of the last run."""
    work = json.load(sys.stdin)
    source, target = work["source"], work["target"]
    where = (
        f"{source['user']}:{source['password']}@{source['host']}:{source['port']}/{source['db']}"
    )
    into = (
        f"postgresql://{target['user']}:{target['password']}@{target['host']}:{target['port']}"
        f"/{target['db']}"
    )
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["NORMALIZE__DATA_WRITER__DISABLE_COMPRESSION"] = "true"
    os.environ["NORMALIZE__WORKERS"] = os.environ["EXTRACT__WORKERS"] = str(os.cpu_count())
    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.postgres(into),
        dataset_name=work["schema"],
        pipelines_dir=work["folder"],
    )
    tables = sql_database(
        f"mssql+pymssql://{where}",
        schema="dbo",
        table_names=work["tables"],
        backend=work["backend"],
        backend_kwargs=(
            {"conn": f"mssql://{where}?encrypt=false&trust_server_certificate=true"}
            if work["backend"] == "connectorx"
            else {}
        ),
        chunk_size=100_000,
    )
    done = pipeline.run(tables, write_disposition="replace", loader_file_format="csv")
    done.raise_on_failed_jobs()


if __name__ == "__main__":
    main()
