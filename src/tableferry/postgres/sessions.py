"""Terminates sessions that other processes of a run have left in the target.

A process that is suspended, or whose machine is lost, keeps its transaction open, and with it its
lock on the table. The application name of a session has the run's id, so no other session is ever
terminated.
"""

from typing import Final
from uuid import UUID

from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.driver_session import NAME

_END_ABANDONED: Final = """\
SELECT count(pg_terminate_backend(a.pid)) FROM pg_stat_activity a
JOIN tableferry.table_runs t ON a.application_name = %s || ' ' || t.run_id
WHERE t.target = %s AND t.status = 'abandoned' AND a.usename = session_user
  AND pg_has_role(a.usesysid, 'USAGE') AND a.datname = current_database()"""
"""Sessions of the same login: not every role may terminate those of others, and neither may one
that acts as another role (ALTER ROLE ... SET role) unless it is a member of the login's."""

_END_OTHERS: Final = """\
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = %s AND pid <> pg_backend_pid() AND usename = session_user
  AND pg_has_role(usesysid, 'USAGE') AND datname = current_database()"""


def end_abandoned_sessions(connection: TargetConnection, target: str) -> int:
    """Terminate the sessions of runs that let this target's lease expire; returns how many."""
    return int(connection.rows(_END_ABANDONED, (NAME, target))[0][0])


def end_other_sessions(connection: TargetConnection, run_id: UUID) -> int:
    """Terminate the run's other sessions, whose loads are of no use now; returns how many."""
    return int(connection.rows(_END_OTHERS, (f"{NAME} {run_id}",))[0][0])
