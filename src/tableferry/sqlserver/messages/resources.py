"""Messages about what the server lacks or has found broken: memory, space, workers, pages."""

from typing import Final

from tableferry.errors import ConfigError, TableferryError, TransientError
from tableferry.sqlserver.messages.known import AGAIN, BUSY, REPAIR, KnownMessage, messages

_SIMPLER: Final = (
    "The server cannot plan or run this statement: simplify the view, the computed columns or "
    "'where'."
)
_MOVED: Final = (
    f"Under NOLOCK or while an index is rebuilt, rows may move while they are read. {AGAIN} If it "
    "happens again, run DBCC CHECKTABLE."
)
_SPACE: Final = f"The server is out of space, perhaps in tempdb. {AGAIN}"

RESOURCES: Final[tuple[KnownMessage, ...]] = (
    *messages(
        TransientError,
        BUSY,
        "701 There is insufficient system memory",
        "802 There is insufficient memory available in the buffer pool",
        "845 Time-out occurred while waiting for buffer latch",
        "1204 The instance of the SQL Server Database Engine cannot obtain a LOCK resource",
        "1214 Internal Error. There are too many parallel transactions",
        "1220 No more lock classes available from transaction",
        "1232 Failed to acquire lock with lock manager service",
        "3985 An error occurred during the changing of transaction context",
        "6005 SHUTDOWN is in progress",
        "8628 A time out occurred while waiting to optimize the query",
        "8634 The query processor received an error from a cluster communication layer",
        "8642 The query processor could not start the necessary thread resources",
        "8645 A time-out occurred while waiting for memory resources",
        "8651 Could not perform the operation because the requested memory grant was not available",
        "10928 Resource ID…. The … limit for the database is … and has been reached",
        "10929 Resource ID…. The … minimum guarantee is",
        "10930 The service is currently too busy",
        "10936 Resource ID…. The request limit for the elastic pool is",
        "41805 There is insufficient memory in the resource pool '…' to run this operation on "
        "memory-optimized tables",
        "49918 Cannot process request. Not enough resources to process request",
        "49919 Cannot process create or update request. Too many create or update operations in "
        "progress",
        "49920 Cannot process request. Too many operations in progress",
        busy=True,
    ),
    *messages(
        TransientError,
        f"Azure ended the session to protect the service. {AGAIN} If it happens again, read the "
        "table in 'chunks', or with consistency read_committed.",
        "40549 Session is terminated because you have a long-running transaction",
        "40550 The session has been terminated because it has acquired too many locks",
        "40551 The session has been terminated because of excessive TEMPDB usage",
        "40552 The session has been terminated because of excessive transaction log space usage",
        "40553 The session has been terminated because of excessive memory usage",
        busy=True,
    ),
    *messages(
        TransientError,
        AGAIN,
        "21 Warning: Fatal error … occurred at",
        "596 Cannot continue the execution because the session is in the kill state",
        "1219 Your session has been disconnected because of a high priority DDL operation",
        "3980 The request failed to run because the batch is aborted",
        "8608 The query could not be completed due to an online index build operation",
        "8680 Internal Query Processor Error: The query processor encountered an unexpected error "
        "during the processing of a remote query phase",
        "10922 … failed. Rerun the statement",
        "0 A severe error occurred on the current command",
    ),
    *messages(
        TransientError,
        _SPACE,
        "1101 Could not allocate a new page for database '…'",
        "1104 TEMPDB ran out of space during spilling",
        "1105 Could not allocate space for object '…'",
        "1121 Space allocator cannot allocate page in database",
        "1136 The tempdb has reached its storage service limit",
        "5128 Write to sparse file '…' failed due to lack of disk space",
    ),
    *messages(
        TransientError,
        "The log of that database is full for the reason named; a database administrator has to "
        f"back it up or enlarge it (sys.databases.log_reuse_wait_desc). {AGAIN}",
        "9002 The transaction log for database '…' is full",
    ),
    *messages(
        ConfigError,
        "Delete or archive rows there, or enlarge the service's limit.",
        "1132 The elastic pool has reached its storage limit",
        "1133 The managed instance has reached its storage limit",
        "40544 The database has reached its size quota",
        "41823 Could not perform the operation because the database has reached its quota for "
        "in-memory tables",
    ),
    *messages(
        ConfigError,
        _SIMPLER,
        "191 Some part of your SQL statement is nested too deeply",
        "251 Could not allocate ancillary table for query optimization",
        "565 A stack overflow occurred in the server while compiling the query",
        "8618 The query processor could not produce a query plan because a worktable is required",
        "8621 The query processor ran out of stack space during query optimization",
        "8622 Query processor could not produce a query plan because of the hints defined",
        "8623 The query processor ran out of internal resources and could not produce a query plan",
        "8631 Internal error: Server stack limit has been reached",
        "8632 Internal error: An expression services limit has been reached",
    ),
    *messages(
        ConfigError,
        "A limit of the resource governor or of 'query governor cost limit' is below what this "
        "statement needs: raise it for this login.",
        "8649 The query has been canceled because the estimated cost of this query",
        "8657 Could not get the memory grant of … because it exceeds the maximum configuration "
        "limit",
    ),
    *messages(
        TransientError,
        _MOVED,
        "601 Could not continue scan with NOLOCK",
        "602 Could not find an entry for table or index with partition ID",
        "603 Could not find an entry for table or index with object ID",
        "605 Attempt to fetch logical page",
        "608 No catalog entry found for partition ID",
        "614 Could not locate bookmark due to data movement",
        "617 Descriptor for object ID … in database ID … not found in the hash table",
        "669 The row object is inconsistent",
        "5242 An inconsistency was detected during an internal operation in database",
        "5243 An inconsistency was detected during an internal operation",
        "7105 The Database ID …, Page … for LOB data type node does not exist",
        "7105 The Database ID …, Page … for LOB data node does not exist",
    ),
    *messages(
        TableferryError,
        REPAIR,
        "211 Corruption in database ID",
        "610 Invalid header value from a page",
        "822 Could not start I/O operation for request",
        "823 The operating system returned error … to SQL Server during a",
        "824 SQL Server detected a logical consistency-based I/O error",
        "829 Database ID …, Page … is marked RestorePending",
        "832 A page that should have been constant has changed",
        "3624 A system assertion check has failed",
        "8624 Internal Query Processor Error: The query processor could not produce a query plan",
        "8630 Internal Query Processor Error: The query processor encountered an unexpected error "
        "during execution",
        "8646 Unable to find index entry in index ID",
        "9100 Possible index corruption detected",
        "17310 A user request from the session with SPID … generated a fatal exception",
    ),
    *messages(
        TableferryError,
        "A file group of the table is offline or being restored: see sys.database_files. Nothing "
        "was changed.",
        '667 The index "…" for table "…" … resides on a filegroup',
        '670 Large object (LOB) data for table "…" resides on an offline filegroup',
        "679 One of the partitions of index '…' for table '…'",
        "8653 The query processor is unable to produce a plan for the table or view '…' because "
        "the table resides in a filegroup that is not online",
    ),
)  # fmt: skip
"""What a server lacks, and what it has found damaged."""
