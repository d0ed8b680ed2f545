"""How the configured tables stand, and what else the ledger tells; only the target is asked."""

from collections.abc import Sequence

from tableferry import postgres
from tableferry.config import TableSpec, TargetSettings
from tableferry.postgres.ledger.listings import read_history, read_refused, read_runs
from tableferry.postgres.ledger.overview import read_overview
from tableferry.states.judge import report_of
from tableferry.states.listings import History, QuarantineList, RunList
from tableferry.states.report import StatusReport
from tableferry.states.words import Commands


def table_status(
    specs: Sequence[TableSpec], target: TargetSettings, commands: Commands
) -> StatusReport:
    """Return how these tables stand; ``commands`` says what is typed about one.

    Raises TableferryError: ConfigError where this role may not read the ledger.
    """
    tables = dict(specs[0].all_targets) if specs else {}
    tables |= {spec.key: spec.target for spec in specs}
    with postgres.connect(target) as connection:
        facts = read_overview(connection, tables)
    return report_of(specs, facts, commands, where=str(target))


def list_runs(target: TargetSettings, limit: int) -> RunList:
    """Return the ledger's newest runs; raises TableferryError."""
    with postgres.connect(target) as connection:
        return read_runs(connection, limit)


def table_history(target: TargetSettings, table: str, limit: int) -> History:
    """Return the newest runs of a table, by its key or its target, of all where it is empty.

    Raises TableferryError.
    """
    with postgres.connect(target) as connection:
        return read_history(connection, table, limit)


def quarantined_rows(target: TargetSettings, table: str, keys: int) -> QuarantineList:
    """Return what lies in quarantine of a table, of all where it is empty.

    ``keys`` is how many keys to show for each reason. Raises TableferryError.
    """
    with postgres.connect(target) as connection:
        return read_refused(connection, table, keys)
