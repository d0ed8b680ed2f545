"""Ending what an abandoned run of our own has left in the target: its sessions.

A process that is frozen, or whose machine is gone, keeps its transaction open, and with it the
lock on the table. Its sessions carry the run's id in their name, so nobody else's is ever ended.
"""

from typing import Final

from tableferry.postgres.connection import NAME, TargetConnection

_END: Final = """\
SELECT count(pg_terminate_backend(a.pid)) FROM pg_stat_activity a
JOIN tableferry.table_runs t ON a.application_name = %s || ' ' || t.run_id
WHERE t.target = %s AND t.status = 'abandoned' AND a.usename = current_user
  AND a.datname = current_database()"""
"""Other roles' sessions may not be ended by every role."""


def end_abandoned_sessions(connection: TargetConnection, target: str) -> int:
    """End the sessions of runs that let this target's lease expire; returns how many."""
    return int(connection.rows(_END, (NAME, target))[0][0])
