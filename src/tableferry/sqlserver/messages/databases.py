"""Messages about the state of a database: closed, recovering, a replica, paused, failing over."""

from typing import Final

from tableferry.errors import ConfigError, TableferryError, TransientError
from tableferry.sqlserver.messages.known import BUSY, REPAIR, KnownMessage, messages

DATABASES: Final[tuple[KnownMessage, ...]] = (
    *messages(
        ConfigError,
        "Check 'sql_table' and {prefix}DB.",
        "911 Database '…' does not exist",
        "998 Database '…' does not exist in server '…'",
    ),
    *messages(
        ConfigError,
        "Create a user for the login in that database.",
        '916 The server principal "…" is not able to access the database "…"',
    ),
    *messages(
        TransientError,
        BUSY,
        "615 Could not find database ID …, name '…'",
        "913 Could not find database ID …. Database may not be activated yet",
        "921 Database '…' has not been recovered yet",
        "922 Database '…' is being recovered",
        "924 Database '…' is already open and can only have one user at a time",
        "926 Database '…' cannot be opened. It has been marked SUSPECT by recovery",
        "927 Database '…' cannot be opened. It is in the middle of a restore",
        "941 Database '…' cannot be opened because it is not started",
        "952 Database '…' is in transition",
        "955 Database … is enabled for Database Mirroring, but the database lacks quorum",
        "956 Database … is enabled for Database Mirroring, but has not yet synchronized",
        "976 The target database, '…', is participating in an availability group and is currently "
        "not accessible for queries",
        "982 Unable to access the '…' database because no online secondary replicas are enabled "
        "for read-only access",
        "983 Unable to access availability database '…' because the database replica is not in the "
        "PRIMARY or SECONDARY role",
        "988 Unable to access database '…' because it lacks a quorum of nodes",
        "4221 Login to read-secondary failed due to long wait on",
        "40197 The service has encountered an error processing",
        "40501 The service is currently busy",
        "40613 Database '…' on server '…' is not currently available",
        "40627 Operation on server '…' and database '…' is in progress",
        "40640 The server encountered an unexpected exception",
        "40642 The server is currently too busy",
        "40648 Too many requests have been performed",
        "40671 Unable to '…' … on server '…'. Please retry the connection later",
        "40675 The server is currently too busy. Please try again later",
        "42109 The SQL pool is warming up",
        busy=True,
    ),
    *messages(
        ConfigError,
        "Resume the SQL pool or the capacity.",
        "42108 Can not connect to the SQL pool since it is paused",
    ),
    *messages(
        TransientError,
        "The capacity in Microsoft Fabric is used up for now; run it later, or enlarge it.",
        "24801 Unable to complete the action because your organization's Fabric compute capacity "
        "has exceeded its limits",
        busy=True,
    ),
    *messages(
        ConfigError,
        "Set {prefix}READ_ONLY_INTENT=yes.",
        "978 The target database ('…') is in an availability group and is currently accessible for "
        "connections when the application intent is set to read only",
    ),
    *messages(
        ConfigError,
        "Unset {prefix}READ_ONLY_INTENT, or allow reading on a secondary replica.",
        "979 The target database ('…') is in an availability group and currently does not allow "
        "read only connections",
    ),
    *messages(
        ConfigError,
        "Connect to the principal server: {prefix}HOST is the mirror's.",
        '954 The database "…" cannot be opened. It is acting as a mirror database',
    ),
    *messages(
        ConfigError,
        "The database is closed to this login or on this server: ask its administrator.",
        "905 Database '…' cannot be started in this edition of SQL Server because",
        "923 Database '…' is in restricted mode",
        "933 Database '…' cannot be started because some of the database functionality is not "
        "available",
        "942 Database '…' cannot be opened because it is offline",
        "943 Database '…' cannot be opened because its version",
        "946 Cannot open database '…' version",
        "948 The database '…' cannot be opened because it is version",
        "950 Database '…' cannot be upgraded because its non-release version",
    ),
    *messages(
        ConfigError,
        "Azure SQL Database reads its own database only: set it in {prefix}DB and 'sql_table'.",
        "40508 USE statement is not supported to switch between databases",
        "40515 Reference to database and/or server name in",
    ),
    *messages(
        TableferryError,
        REPAIR,
        '907 The database "…" has inconsistent database or file metadata',
        "945 Database '…' cannot be opened due to inaccessible files or insufficient memory or "
        "disk space",
        "949 tempdb is skipped",
        "3908 Could not run BEGIN TRANSACTION in database '…' because the database is in emergency "
        "mode",
        "9003 The log scan number … passed to log scan in database '…' is not valid",
        "9004 An error occurred while processing the log for database '…'",
    ),
    *messages(
        TransientError,
        "The database's log is not available: it may come back by itself (a failover), otherwise "
        "see SQL Server's error log. Nothing was changed.",
        "9001 The log for database '…' is not available",
        busy=True,
    ),
)  # fmt: skip
"""What keeps a database, or its server in Azure, from being read at all."""
