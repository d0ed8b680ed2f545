"""Messages about locks, row versions and isolation: deadlocks, snapshots, in-memory tables."""

from typing import Final

from tableferry.errors import ConfigError, TableferryError, TransientError
from tableferry.sqlserver.messages.known import AGAIN, KnownMessage, messages

_NO_VERSIONS: Final = (
    "The server discarded row versions before all rows were read: its tempdb is full, or reading "
    f"the table takes too long. {AGAIN}"
)
_READ_COMMITTED: Final = "set 'consistency': 'read_committed'."

VERSIONS: Final[tuple[KnownMessage, ...]] = (
    *messages(
        TransientError,
        AGAIN,
        "1203 Process ID … attempted to unlock a resource it does not own",
        "1205 Transaction (Process ID …) was deadlocked on",
        "1221 The Database Engine is attempting to release a group of locks",
        "2801 The definition of object '…' has changed since it was compiled",
        "3960 Snapshot isolation transaction aborted due to update conflict",
        "3971 The server failed to resume the transaction",
        "3998 Uncommittable transaction is detected at the end of the batch",
    ),
    *messages(
        TransientError,
        f"Another session held a lock. {AGAIN}",
        "1222 Lock request time out period exceeded",
    ),
    *messages(
        TransientError,
        f"The table was altered during the load. {AGAIN}",
        "3961 Snapshot isolation transaction failed in database '…' because the object accessed by "
        "the statement has been modified by a DDL statement",
    ),
    *messages(
        TransientError,
        _NO_VERSIONS,
        "673 Failure to access row object in snapshot isolation",
        "3907 Transaction aborted when accessing versioned row in table '…' in database '…'. "
        "Requested versioned row was not found in persistent version store",
        "3949 Transaction aborted when accessing versioned row in table '…' in database '…'. "
        "Requested versioned row was not found because the readable secondary access is not "
        "allowed",
        "3950 Version store scan timed out",
        "3958 Transaction aborted when accessing versioned row",
        "3966 Transaction is rolled back when accessing version store",
        "3967 Insufficient space in tempdb to hold row versions",
    ),
    *messages(
        TransientError,
        f"A replica or a setting of the database is changing. {AGAIN}",
        "3947 The transaction was aborted because the secondary compute failed to catch up redo",
        "3948 The transaction was terminated because of the availability replica config/state "
        "change",
        "3953 Snapshot isolation transaction failed in database '…' because the database was not "
        "recovered when the current transaction was started",
        "3954 Snapshot isolation transaction failed to start in database '…' because the ALTER "
        "DATABASE command that disallows snapshot isolation had started",
        "3956 Snapshot isolation transaction failed to start in database '…' because the ALTER "
        "DATABASE command which enables snapshot isolation for this database has not finished yet",
        "3957 Snapshot isolation transaction failed in database '…' because the database did not "
        "allow snapshot isolation when the current transaction started",
    ),
    *messages(
        ConfigError,
        "ALTER DATABASE ... SET ALLOW_SNAPSHOT_ISOLATION ON.",
        "3952 Snapshot isolation transaction failed accessing database '…' because snapshot",
    ),
    *messages(
        ConfigError,
        f"This cannot be read as a snapshot: {_READ_COMMITTED}",
        "3951 Transaction failed in database '…' because the statement was run under snapshot "
        "isolation but the transaction did not start in snapshot isolation",
        "3955 Snapshot isolation transaction failed in database '…' because the recovery was "
        "skipped for this database",
        "3963 Transaction failed in database '…' because distributed transactions are not "
        "supported under snapshot isolation",
        "3996 Snapshot isolation level is not supported for distributed transaction",
        '7391 The operation could not be performed because OLE DB provider "…" for linked server '
        '"…" was unable to begin a distributed transaction',
        '7395 Unable to start a nested transaction for OLE DB provider "…"',
    ),
    *messages(
        ConfigError,
        f"The view reads another server: {_READ_COMMITTED}",
        "7377 Cannot specify an index or locking hint for a remote data source",
        "7420 Remote access is not supported for transaction isolation level",
    ),
    *messages(
        ConfigError,
        f"The view reads a memory-optimized table: {_READ_COMMITTED}",
        "10794 The … '…' is not supported with memory optimized tables",
        "41317 A user transaction that accesses memory optimized tables or natively compiled "
        "modules cannot access more than one user database",
        "41332 Memory optimized tables and natively compiled modules cannot be accessed",
        "41333 The following transactions must access memory optimized tables",
        "41359 A query that accesses memory optimized tables using the READ COMMITTED isolation "
        "level, cannot access disk based tables",
        "41368 Accessing memory optimized tables using the READ COMMITTED isolation level is "
        "supported only for autocommit transactions",
    ),
    *messages(
        TransientError,
        f"Another transaction interfered in a memory-optimized table. {AGAIN}",
        "41301 A previous transaction that the current transaction took a dependency on",
        "41302 The current transaction attempted to update a record that has been updated since",
        "41305 The current transaction failed to commit due to a repeatable read",
        "41325 The current transaction failed to commit due to a serializable",
        "41839 Transaction exceeded the maximum number of commit dependencies",
    ),
    *messages(
        TableferryError,
        "A statement of tableferry's own ended its transaction; please report this. Nothing was "
        "changed.",
        "3902 The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION",
        "3903 The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION",
        '3906 Failed to update database "…" because the database is read-only',
        "3930 The current transaction cannot be committed and cannot support operations",
    ),
)  # fmt: skip
"""What other transactions, row versions and isolation levels do to a read."""
