"""A run in a separate process: takes the lease of t, publishes one row on a line of stdin."""

import json
import sys
import uuid

from tableferry import postgres
from tableferry.config import load_settings
from tableferry.errors import TableferryError
from tableferry.model.identifiers import TargetTable
from tableferry.postgres.ledger import LeaseTiming, Ledger, seal


def main(value: int) -> None:
    settings = load_settings([]).target
    with (
        postgres.connect(settings) as connection,
        Ledger(settings, uuid.uuid4(), timing=LeaseTiming(renew=0.1, ttl=1.0)) as ledger,
    ):
        ledger.begin_run()
        table = ledger.begin_table("t", "", TargetTable.parse("t"))
        lease = ledger.acquire(table)
        say(got=str(lease.generation))
        sys.stdin.readline()
        connection.begin()
        connection.execute("DELETE FROM t")
        connection.execute("INSERT INTO t VALUES (%s)", (value,))
        sealing = postgres.Sealing(lambda: [seal(connection, lease, rows_read=1, rows_written=1)])
        sealing.commit(connection)
        say(published="yes")
        ledger.end_run("ok")


def say(**words: str) -> None:
    print(json.dumps(words), flush=True)


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except TableferryError as error:
        say(error=type(error).__name__, message=error.message)
