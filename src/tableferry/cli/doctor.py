"""The command that examines everything that a sync will need: doctor."""

from functools import partial

from tableferry.cli.inspect import ask_both
from tableferry.cli.shared import DEFAULT_CONFIG, AsJson, Config, Quiet, Tables
from tableferry.frontend.command import Style, run_command


def doctor(
    *,
    config: Config = DEFAULT_CONFIG,
    tables: Tables = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Examine what syncs will need of both sides, with statements for the DBA; writes nothing."""
    from tableferry.frontend.request import Operation

    return run_command(
        partial(ask_both, Operation.DOCTOR, config, tables), Style(as_json=as_json, quiet=quiet)
    )
