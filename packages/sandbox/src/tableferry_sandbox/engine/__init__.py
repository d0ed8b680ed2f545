"""The T-SQL engine of the sandbox: an in-memory stand-in for SQL Server's relational side.

``Server`` holds the databases and logins, ``Session`` runs batches. T-SQL is parsed and bound here;
DuckDB executes the relational plan over the physical forms of ``tableferry_sandbox.sqltypes``.
"""

from tableferry_sandbox.engine.server import Server
from tableferry_sandbox.engine.session import Session

__all__ = ["Server", "Session"]
