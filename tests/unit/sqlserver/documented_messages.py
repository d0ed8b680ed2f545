"""SQL Server's messages as Microsoft documents them, with names and numbers filled in.

Each line: the number, the class that the message becomes (T for TransientError, C, S, D, E for
TableferryError), and the whole text. Sources: "Database Engine events and errors" and, for numbers
from 40000, "Troubleshoot common connection issues to Azure SQL Database".
"""

# ruff: noqa: E501 - what a server says stands on one line, as it says it

from tableferry.errors import ConfigError, DataError, SchemaError, TableferryError, TransientError

_KINDS = {
    "T": TransientError,
    "C": ConfigError,
    "S": SchemaError,
    "D": DataError,
    "E": TableferryError,
}

_LINES = r"""
18456 C Login failed for user 'sa'.
18456 C Login failed for user '<token-identified principal>'.
18486 C Login failed for user 'sa' because the account is currently locked out. The system administrator can unlock it.
18470 C Login failed for user 'sa'. Reason: The account is disabled.
18487 C Login failed for user 'sa'.  Reason: The password of the account has expired.
18488 C Login failed for user 'sa'.  Reason: The password of the account must be changed.
18462 C The login failed for user "sa". The password change failed. The password for the user is too recent to change.
18463 C The login failed for user "sa". The password change failed. The password cannot be used at this time.
18466 C Login failed for user 'sa'. Reason: Password change failed. The password does not meet operating system policy requirements because it is not complex enough.
18450 C Login failed for login 'sa'. The login is not defined as a valid login of a trusted SQL Server connection.
18452 C Login failed. The login is from an untrusted domain and cannot be used with Integrated authentication.
17806 C SSPI handshake failed with error code 0x8009030c, state 14 while establishing a connection with integrated security; the connection has been closed. Reason: AcceptSecurityContext failed.
40607 C Windows logins are not supported in this version of SQL Server.
17892 C Logon failed for login 'reader' due to trigger execution.
4060 C Cannot open database "Nope" requested by the login. The login failed.
4064 C Cannot open user default database. Login failed.
40623 C Reauthentication failed for login "reader". Within the past reauthentication interval, the login has become invalid due to a password change.
40615 C Cannot open server 'x' requested by the login. Client with IP address '10.1.2.3' is not allowed to access the server.
40914 C Cannot open server 'x' requested by the login. Client is not allowed to access the server.
47073 C An instance-specific error occurred while establishing a connection to SQL Server. The public network interface on this server is not accessible. To connect to this server, use the Private Endpoint from inside your virtual network.
47073 C Connection was denied since Deny Public Network Access is set to Yes.
47073 C Reason: An instance-specific error occurred while establishing a connection to SQL Server. Connection was denied because Deny Public Network Access is set to Yes.
40532 C Cannot open server "x" requested by the login. The login failed.
40531 C Server name cannot be determined. It must appear as the first segment of the server's dns name (servername.database.windows.net).
40647 C Subscription 'a' does not have server 'x'.
47072 C Login failed with invalid TLS version.
47072 C Reason: Login failed with invalid TLS version.
17819 C The SQL Server or the endpoint is configured to accept only strict (TDS 8.0 and above) connections. The connection has been closed.
17821 C A valid TLS certificate is not configured to accept strict (TDS 8.0 and above) connections. The connection has been closed.
17835 C Encryption is required to connect to this server but the client library does not support encryption; the connection has been closed. Please upgrade your client library.
17802 C The Tabular Data Stream (TDS) version 0x74000004 of the client library used to open the connection is unsupported or unknown. The connection has been closed.
17828 C The prelogin packet used to open the connection is structurally invalid; the connection has been closed. Please contact the vendor of the client library.
17832 C The login packet used to open the connection is structurally invalid; the connection has been closed. Please contact the vendor of the client library.
18482 C Could not connect to server 'far' because 'near' is not defined as a remote server. Verify that you have specified the correct server name.
18483 C Could not connect to server 'far' because 'sa' is not defined as a remote login at the server. Verify that you have specified the correct login name.
18485 C Could not connect to server 'far' because it is not configured to accept remote logins. Use the remote access configuration option to allow remote logins.
17142 T SQL Server service has been paused. No new connections will be allowed.
17187 T SQL Server is not ready to accept new client connections. Wait a few minutes before trying again. If you have access to the error log, look for the informational message that indicates that SQL Server is ready before trying to connect again.
17188 T SQL Server cannot accept new connections, because it is shutting down. The connection has been closed.
17189 T SQL Server failed with error code 0xc0000000 to spawn a thread to process a new login or connection. Check the SQL Server error log and the operating system error logs for information about possible related problems.
17191 T Cannot accept a new connection because the session has been terminated. This error occurs when a new batch execution or connection reset is attempted on a session that was terminated.
17197 T Login failed due to timeout; the connection has been closed. This error may indicate heavy server load. Reduce the load on the server and retry login.
17198 T Connection failed because the endpoint could not be found. This may result if an endpoint is dropped while a connection attempt is in progress.
17300 T SQL Server was unable to run a new system task, either because there is insufficient memory or the number of configured sessions exceeds the maximum allowed in the server.
17803 T There was a memory allocation failure during connection establishment. Reduce nonessential memory load, or increase system memory. The connection has been closed.
17809 T Could not connect because the maximum number of '100' user connections has already been reached. The system administrator can use sp_configure to increase the maximum value. The connection has been closed.
17810 T Could not connect because the maximum number of '1' dedicated administrator connections already exists. Before a new connection can be made, the existing dedicated administrator connection must be dropped.
17813 T The requested service has been stopped or disabled and is unavailable at this time. The connection has been closed.
17830 T Network error code 0x2746 occurred while establishing a connection; the connection has been closed. This may have been caused by client or server login timeout expiration.
18401 T Login failed for user 'sa'. Reason: Server is in script upgrade mode. Only administrator can connect at this time.
18451 T Login failed for user 'sa'. Only administrators may connect at this time.
18458 T Login failed. The number of simultaneous users already equals the 5 registered licenses for this server.
18459 T Login failed. The workstation licensing limit for SQL Server access has already been reached.
18460 T Login failed. The number of simultaneous users has already reached the limit of 5 licenses for this 'Developer' server.
18461 T Login failed for user 'sa'. Reason: Server is in single user mode. Only one administrator can connect at this time.
17816 T Login to remote SQL Server failed with error 18456: x
17818 T Connection to remote SQL Server failed with error 53.
17827 T There was a failure while attempting to encrypt a password. The connection has been closed.
17829 T A network error occurred while establishing a connection; the connection has been closed.
17836 T Length specified in network packet payload did not match number of bytes read; the connection has been closed. Please contact the vendor of the client library.
911 C Database 'Nope' does not exist. Make sure that the name is entered correctly.
998 C Database 'Nope' does not exist in server 'x'. Please make sure that the name is entered correctly.
916 C The server principal "reader" is not able to access the database "VoipDB" under the current security context.
615 T Could not find database ID 5, name 'McTM'. The database may be offline. Wait a few minutes and try again.
913 T Could not find database ID 5. Database may not be activated yet or may be in transition. Reissue the query once the database is available.
921 T Database 'McTM' has not been recovered yet. Wait and try again.
922 T Database 'McTM' is being recovered. Waiting until recovery is finished.
924 T Database 'McTM' is already open and can only have one user at a time.
926 T Database 'McTM' cannot be opened. It has been marked SUSPECT by recovery. See the SQL Server errorlog for more information.
927 T Database 'McTM' cannot be opened. It is in the middle of a restore.
941 T Database 'McTM' cannot be opened because it is not started. Retry when the database is started.
952 T Database 'McTM' is in transition. Try the statement later.
955 T Database McTM is enabled for Database Mirroring, but the database lacks quorum: the database cannot be opened. Check the partner and witness connections if configured.
956 T Database McTM is enabled for Database Mirroring, but has not yet synchronized with its partner. Try the operation again later.
976 T The target database, 'McTM', is participating in an availability group and is currently not accessible for queries. Either data movement is suspended or the availability replica is not enabled for read access.
982 T Unable to access the 'McTM' database because no online secondary replicas are enabled for read-only access. Check the availability group configuration.
983 T Unable to access availability database 'McTM' because the database replica is not in the PRIMARY or SECONDARY role. Try the operation again later.
988 T Unable to access database 'McTM' because it lacks a quorum of nodes for high availability. Try the operation again later.
4221 T Login to read-secondary failed due to long wait on 'HADR_DATABASE_WAIT_FOR_TRANSITION_TO_VERSIONING'. The replica is not available for login because row versions are missing.
40197 T The service has encountered an error processing your request. Please try again. Error code 40540.
40501 T The service is currently busy. Retry the request after 10 seconds. Incident ID: 1. Code: 1.
40613 T Database 'McTM' on server 'x' is not currently available.  Please retry the connection later. If the problem persists, contact customer support, and provide them the session tracing ID of '1'.
40627 T Operation on server 'x' and database 'McTM' is in progress. Please wait a few minutes before trying again.
40640 T The server encountered an unexpected exception.
40642 T The server is currently too busy.
40648 T Too many requests have been performed. Please retry later.
40671 T Unable to 'open' McTM on server 'x'. Please retry the connection later.
40675 T The server is currently too busy. Please try again later.
42109 T The SQL pool is warming up. Please try again.
42108 C Can not connect to the SQL pool since it is paused. Please resume the SQL pool and try again.
24801 T Unable to complete the action because your organization's Fabric compute capacity has exceeded its limits. Try again later.
978 C The target database ('McTM') is in an availability group and is currently accessible for connections when the application intent is set to read only. For more information about application intent, see SQL Server Books Online.
979 C The target database ('McTM') is in an availability group and currently does not allow read only connections. For more information about application intent, see SQL Server Books Online.
954 C The database "McTM" cannot be opened. It is acting as a mirror database.
905 C Database 'McTM' cannot be started in this edition of SQL Server because it contains a partition function 'p'.
923 C Database 'McTM' is in restricted mode. Only the database owner and members of the dbcreator and sysadmin roles can access it.
933 C Database 'McTM' cannot be started because some of the database functionality is not available in the current edition of SQL Server.
942 C Database 'McTM' cannot be opened because it is offline.
943 C Database 'McTM' cannot be opened because its version (998) is later than the current server version (904).
946 C Cannot open database 'McTM' version 998. Upgrade the database to the latest version.
948 C The database 'McTM' cannot be opened because it is version 998. This server supports version 904 and earlier. A downgrade path is not supported.
950 C Database 'McTM' cannot be upgraded because its non-release version (1) is not supported by this version of SQL Server.
40508 C USE statement is not supported to switch between databases. Use a new connection to connect to a different database.
40515 C Reference to database and/or server name in 'Other.dbo.T' is not supported in this version of SQL Server.
907 E The database "McTM" has inconsistent database or file metadata.
945 E Database 'McTM' cannot be opened due to inaccessible files or insufficient memory or disk space. See the SQL Server errorlog for details.
949 E tempdb is skipped. You cannot run a query that requires tempdb
3908 E Could not run BEGIN TRANSACTION in database 'McTM' because the database is in emergency mode or is damaged and must be restarted.
9003 E The log scan number (1:2:3) passed to log scan in database 'McTM' is not valid. This error may indicate data corruption.
9004 E An error occurred while processing the log for database 'McTM'. If possible, restore from backup.
9001 T The log for database 'McTM' is not available. Check the operating system error log for related error messages. Resolve any errors and restart the database.
701 T There is insufficient system memory in resource pool 'default' to run this query.
802 T There is insufficient memory available in the buffer pool.
845 T Time-out occurred while waiting for buffer latch type 2 for page (1:224), database ID 5.
1204 T The instance of the SQL Server Database Engine cannot obtain a LOCK resource at this time. Rerun your statement when there are fewer active users.
1214 T Internal Error. There are too many parallel transactions.
1220 T No more lock classes available from transaction.
1232 T Failed to acquire lock with lock manager service, it could be due to many reasons including transient service failure.
3985 T An error occurred during the changing of transaction context. This is usually caused by low memory in the system. Try to free up more memory.
6005 T SHUTDOWN is in progress.
8628 T A time out occurred while waiting to optimize the query. Rerun the query.
8634 T The query processor received an error from a cluster communication layer.
8642 T The query processor could not start the necessary thread resources for parallel query execution. Reduce load on the server or use the MAXDOP setting to limit parallelism.
8645 T A timeout occurred while waiting for memory resources to execute the query in resource pool 'default' (2). Rerun the query.
8651 T Could not perform the operation because the requested memory grant was not available in resource pool 'default' (2).  Rerun the query, reduce the query load, or check resource governor configuration setting.
10928 T Resource ID: 1. The request limit for the database is 90 and has been reached. See 'http://go.microsoft.com/fwlink/?LinkId=267637' for assistance.
10928 T Resource ID : 2. The session limit for the database is 90 and has been reached.
10929 T Resource ID: 1. The request minimum guarantee is 1, maximum limit is 90 and the current usage for the database is 90. However, the server is currently too busy to support requests greater than 1 for this database.
10930 T The service is currently too busy. Please try again later.
10936 T Resource ID : 1. The request limit for the elastic pool is 90 and has been reached.
41805 T There is insufficient memory in the resource pool 'default' to run this operation on memory-optimized tables.
49918 T Cannot process request. Not enough resources to process request.
49919 T Cannot process create or update request. Too many create or update operations in progress for subscription "x".
49920 T Cannot process request. Too many operations in progress for subscription "x".
40549 T Session is terminated because you have a long-running transaction. Try shortening your transaction.
40550 T The session has been terminated because it has acquired too many locks. Try reading or modifying fewer rows in a single transaction.
40551 T The session has been terminated because of excessive TEMPDB usage. Try modifying your query to reduce the temporary table space usage.
40552 T The session has been terminated because of excessive transaction log space usage. Try modifying fewer rows in a single transaction.
40553 T The session has been terminated because of excessive memory usage. Try modifying your query to process fewer rows.
21 T Warning: Fatal error 823 occurred at Nov 29 2026  5:00AM. Note the error and time, and contact your system administrator.
596 T Cannot continue the execution because the session is in the kill state.
1219 T Your session has been disconnected because of a high priority DDL operation.
3980 T The request failed to run because the batch is aborted, this can be caused by abort signal sent from client, or another request is running in the same session, which makes the session busy.
8608 T The query could not be completed due to an online index build operation and must be recompiled.
8680 T Internal Query Processor Error: The query processor encountered an unexpected error during the processing of a remote query phase.
10922 T SELECT failed. Rerun the statement.
0 T A severe error occurred on the current command.  The results, if any, should be discarded.
1101 T Could not allocate a new page for database 'McTM' because the 'PRIMARY' filegroup is full due to lack of storage space or database files reaching the maximum allowed size.
1104 T TEMPDB ran out of space during spilling. Create space by dropping objects and/or rewrite the query to consume fewer rows.
1105 T Could not allocate space for object 'dbo.SORT temporary run storage' in database 'tempdb' because the 'PRIMARY' filegroup is full.
1121 T Space allocator cannot allocate page in database 5.
1136 T The tempdb has reached its storage service limit. The storage usage of the tempdb on the current tier cannot exceed (24) MBs.
5128 T Write to sparse file 'D:\snap.ss' failed due to lack of disk space.
9002 T The transaction log for database 'tempdb' is full due to 'ACTIVE_TRANSACTION' and the holdup lsn is (41:1:1).
9002 T The transaction log for database 'McTM' is full due to 'LOG_BACKUP'.
1132 C The elastic pool has reached its storage limit. The storage usage for the elastic pool cannot exceed (100) MBs.
1133 C The managed instance has reached its storage limit. The storage usage for the managed instance cannot exceed (100) MBs.
40544 C The database has reached its size quota. Partition or delete data, drop indexes, or consult the documentation for possible resolutions.
41823 C Could not perform the operation because the database has reached its quota for in-memory tables.
191 C Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.
251 C Could not allocate ancillary table for query optimization. Maximum number of tables in a query (256) exceeded.
565 C A stack overflow occurred in the server while compiling the query. Please simplify the query.
8618 C The query processor could not produce a query plan because a worktable is required, and its minimum row size exceeds the maximum allowable of 8060 bytes.
8621 C The query processor ran out of stack space during query optimization. Please simplify the query.
8622 C Query processor could not produce a query plan because of the hints defined in this query. Resubmit the query without specifying any hints and without using SET FORCEPLAN.
8623 C The query processor ran out of internal resources and could not produce a query plan. This is a rare event and only expected for extremely complex queries.
8631 C Internal error: Server stack limit has been reached. Please look for potentially deep nesting in your query, and try to simplify it.
8632 C Internal error: An expression services limit has been reached. Please look for potentially complex expressions in your query, and try to simplify them.
8649 C The query has been canceled because the estimated cost of this query (100) exceeds the configured threshold of 10. Contact the system administrator.
8657 C Could not get the memory grant of 4096 KB because it exceeds the maximum configuration limit in workload group 'default' (2) and resource pool 'default' (2).
601 T Could not continue scan with NOLOCK due to data movement.
602 T Could not find an entry for table or index with partition ID 72057594 in database 5. This error can occur if a stored procedure references a dropped table, or metadata is corrupted.
603 T Could not find an entry for table or index with object ID 42 (partition ID 72057594) in database 5.
605 T Attempt to fetch logical page (1:224) in database 5 failed. It belongs to allocation unit 72057594040 not to 72057594041.
608 T No catalog entry found for partition ID 72057594 in database 5. The metadata is inconsistent. Run DBCC CHECKDB to check for a metadata corruption.
614 T Could not locate bookmark due to data movement.
617 T Descriptor for object ID 42 in database ID 5 not found in the hash table during attempt to unhash it. A work table is missing an entry. Rerun the query.
669 T The row object is inconsistent. Please rerun the query.
5242 T An inconsistency was detected during an internal operation in database 'McTM'(ID:5) on page (1:224). Please contact technical support.
5243 T An inconsistency was detected during an internal operation. Please contact technical support.
7105 T The Database ID 5, Page (1:224), slot 0 for LOB data type node does not exist. This is usually caused by transactions that can read uncommitted data on a data page. Run DBCC CHECKTABLE.
7105 T The Database ID 5, Page (1:224), slot 0 for LOB data node does not exist.
211 E Corruption in database ID 5, object ID 42 possibly due to schema or catalog inconsistency. Run DBCC CHECKCATALOG.
610 E Invalid header value from a page. Run DBCC CHECKDB to check for a data corruption.
822 E Could not start I/O operation for request 0x1. Contact Technical Support.
823 E The operating system returned error 1117 to SQL Server during a read at offset 0x00000000 in file 'D:\McTM.mdf'.
824 E SQL Server detected a logical consistency-based I/O error: torn page. It occurred during a read of page (1:224) in database ID 5.
829 E Database ID 5, Page (1:224) is marked RestorePending, which may indicate disk corruption. To recover from this state, perform a restore.
832 E A page that should have been constant has changed (expected checksum: 1, actual checksum: 2, database 5, file 'D:\McTM.mdf', page (1:224)).
3624 E A system assertion check has failed. Check the SQL Server error log for details.
8624 E Internal Query Processor Error: The query processor could not produce a query plan. For more information, contact Customer Support Services.
8630 E Internal Query Processor Error: The query processor encountered an unexpected error during execution (HRESULT = 0x80004005).
8646 E Unable to find index entry in index ID 1, of table 42, in database 'McTM'. The indicated index is corrupt or there is a problem with the current update plan.
9100 E Possible index corruption detected. Run DBCC CHECKDB.
17310 E A user request from the session with SPID 55 generated a fatal exception. SQL Server is terminating this session.
667 E The index "PK_T" for table "dbo.T" (RowsetId 72057594) resides on a filegroup ("FG1") that cannot be accessed because it is offline, is being restored, or is defunct.
670 E Large object (LOB) data for table "dbo.T" resides on an offline filegroup ("FG1") that cannot be accessed.
679 E One of the partitions of index 'PK_T' for table 'dbo.T'(partition ID 72057594) resides on a filegroup ("FG1") that cannot be accessed because it is offline, restoring, or defunct.
8653 E The query processor is unable to produce a plan for the table or view 'T' because the table resides in a filegroup that is not online.
1203 T Process ID 55 attempted to unlock a resource it does not own: PAGE: 5:1:224. Retry the transaction, because this error may be caused by a timing condition.
1205 T Transaction (Process ID 55) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.
1221 T The Database Engine is attempting to release a group of locks that are not currently held by the transaction. Retry the transaction.
2801 T The definition of object 'V' has changed since it was compiled.
3960 T Snapshot isolation transaction aborted due to update conflict. You cannot use snapshot isolation to access table 'dbo.T' directly or indirectly in database 'McTM'.
3971 T The server failed to resume the transaction. Desc:3500000001.
3998 T Uncommittable transaction is detected at the end of the batch. The transaction is rolled back.
1222 T Lock request time out period exceeded.
3961 T Snapshot isolation transaction failed in database 'McTM' because the object accessed by the statement has been modified by a DDL statement in another concurrent transaction since the start of this transaction.
673 T Failure to access row object in snapshot isolation. Error code 0x1.
3907 T Transaction aborted when accessing versioned row in table 'dbo.T' in database 'McTM'. Requested versioned row was not found in persistent version store. Your database is probably out of space.
3949 T Transaction aborted when accessing versioned row in table 'dbo.T' in database 'McTM'. Requested versioned row was not found because the readable secondary access is not allowed for the operation that attempted to create the version.
3950 T Version store scan timed out when attempting to read the next row. Please try the statement again later when the system is not as busy.
3958 T Transaction aborted when accessing versioned row in table 'dbo.Customer' in database 'McTM'. Requested versioned row was not found. Your tempdb is probably out of space.
3966 T Transaction is rolled back when accessing version store. It was earlier marked as victim when the version store was shrunk due to insufficient space in tempdb.
3967 T Insufficient space in tempdb to hold row versions.  Need to shrink the version store to free up some space in tempdb.
3947 T The transaction was aborted because the secondary compute failed to catch up redo. Retry the transaction.
3948 T The transaction was terminated because of the availability replica config/state change or because ghost records are being deleted on the primary.
3953 T Snapshot isolation transaction failed in database 'McTM' because the database was not recovered when the current transaction was started. Retry the transaction after the database has recovered.
3954 T Snapshot isolation transaction failed to start in database 'McTM' because the ALTER DATABASE command that disallows snapshot isolation had started before this transaction began.
3956 T Snapshot isolation transaction failed to start in database 'McTM' because the ALTER DATABASE command which enables snapshot isolation for this database has not finished yet.
3957 T Snapshot isolation transaction failed in database 'McTM' because the database did not allow snapshot isolation when the current transaction started. It may help to retry the transaction.
3952 C Snapshot isolation transaction failed accessing database 'McTM' because snapshot isolation is not allowed in this database. Use ALTER DATABASE to allow snapshot isolation.
3951 C Transaction failed in database 'McTM' because the statement was run under snapshot isolation but the transaction did not start in snapshot isolation.
3955 C Snapshot isolation transaction failed in database 'McTM' because the recovery was skipped for this database.
3963 C Transaction failed in database 'McTM' because distributed transactions are not supported under snapshot isolation.
3996 C Snapshot isolation level is not supported for distributed transaction. Use another isolation level or do not use distributed transaction.
7391 C The operation could not be performed because OLE DB provider "MSOLEDBSQL" for linked server "far" was unable to begin a distributed transaction.
7395 C Unable to start a nested transaction for OLE DB provider "MSOLEDBSQL" for linked server "far". A nested transaction was required because the XACT_ABORT option was set to OFF.
7377 C Cannot specify an index or locking hint for a remote data source.
7420 C Remote access is not supported for transaction isolation level "SNAPSHOT".
10794 C The table option 'nolock' is not supported with memory optimized tables.
10794 C The statement 'TRUNCATE' is not supported with memory optimized tables.
41317 C A user transaction that accesses memory optimized tables or natively compiled modules cannot access more than one user database or databases model and msdb, and it cannot write to master.
41332 C Memory optimized tables and natively compiled modules cannot be accessed or created when the session TRANSACTION ISOLATION LEVEL is set to SNAPSHOT.
41333 C The following transactions must access memory optimized tables and natively compiled modules under snapshot isolation: RepeatableRead transactions, Serializable transactions.
41359 C A query that accesses memory optimized tables using the READ COMMITTED isolation level, cannot access disk based tables when the database option READ_COMMITTED_SNAPSHOT is set to ON.
41368 C Accessing memory optimized tables using the READ COMMITTED isolation level is supported only for autocommit transactions. It is not supported for explicit or implicit transactions.
41301 T A previous transaction that the current transaction took a dependency on has aborted, and the current transaction can no longer commit.
41302 T The current transaction attempted to update a record that has been updated since this transaction started. The transaction was aborted.
41305 T The current transaction failed to commit due to a repeatable read validation failure.
41325 T The current transaction failed to commit due to a serializable validation failure.
41839 T Transaction exceeded the maximum number of commit dependencies and the last statement was aborted. Retry the statement.
3902 E The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.
3903 E The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.
3906 E Failed to update database "McTM" because the database is read-only.
3930 E The current transaction cannot be committed and cannot support operations that write to the log file. Roll back the transaction.
208 S Invalid object name 'McTM.dbo.Nope'.
267 S Object 'Nope' cannot be found.
1088 S Cannot find the object "Nope" because it does not exist or you do not have permissions.
15151 S Cannot find the object 'Nope', because it does not exist or you do not have permission.
207 S Invalid column name 'Nope'.
217 S Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).
218 S Could not find the type 'Nope'. Either it does not exist or you do not have the necessary permission.
474 S Unable to load the computed column definitions for table "T".
2812 S Could not find stored procedure 'Nope'.
4413 S Could not use view or function 'V' because of binding errors.
4502 S View or function 'V' has more column names specified than columns defined.
7202 S Could not find server 'far' in sys.servers. Verify that the correct server name was specified.
7314 S The OLE DB provider "MSOLEDBSQL" for linked server "far" does not contain the table "T".
8655 S The query processor is unable to produce a plan because the index 'PK_T' on table or view 'T' is disabled.
102 C Incorrect syntax near ')'.
103 C The identifier that starts with 'xxxx' is too long. Maximum length is 128.
105 C Unclosed quotation mark after the character string 'x'.
156 C Incorrect syntax near the keyword 'FROM'.
195 C 'NOPE' is not a recognized built-in function name.
319 C Incorrect syntax near the keyword 'with'. If this statement is a common table expression, an xmlnamespaces clause or a change tracking context clause, the previous statement must be terminated with a semicolon.
4145 C An expression of non-boolean type specified in a context where a condition is expected, near ')'.
107 C The column prefix 'x' does not match with a table name or alias name used in the query.
113 C Missing end comment mark '*/'.
130 C Cannot perform an aggregate function on an expression containing an aggregate or a subquery.
137 C Must declare the scalar variable "@x".
147 C An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list.
174 C The left function requires 2 argument(s).
189 C The datename function requires 2 to 3 arguments.
209 C Ambiguous column name 'ID'.
1013 C The objects "dbo.T" and "dbo.T" in the FROM clause have the same exposed names. Use correlation names to distinguish them.
4104 C The multi-part identifier "x.Name" could not be bound.
4121 C Cannot find either column "dbo" or the user-defined function or aggregate "dbo.f", or the name is ambiguous.
7601 C Cannot use a CONTAINS or FREETEXT predicate on table or indexed view 'T' because it is not full-text indexed.
9810 C The datepart hour is not supported by date function datepart for data type date.
145 C ORDER BY items must appear in the select list if SELECT DISTINCT is specified.
169 C A column has been specified more than once in the order by list. Columns in the order by list must be unique.
206 C Operand type clash: date is incompatible with int
257 C Implicit conversion from data type xml to varchar is not allowed. Use the CONVERT function to run this query.
402 C The data types xml and varchar are incompatible in the equal to operator.
403 C Invalid operator for data type. Operator equals modulo, type equals xml.
421 C The xml data type cannot be selected as DISTINCT because it is not comparable.
446 C Cannot resolve collation conflict between "Latin1_General_CI_AS" and "Latin1_General_BIN" in equal to operator for SELECT operation.
449 C Collation conflict caused by collate clauses with different collation 'Latin1_General_CI_AS' and 'Latin1_General_BIN'.
451 C Cannot resolve collation conflict between "Latin1_General_CI_AS" and "Latin1_General_BIN" in add operator occurring in SELECT statement column 1.
457 C Implicit conversion of varchar value to varchar cannot be performed because the collation of the value is unresolved due to a collation conflict between "a" and "b" in add operator.
468 C Cannot resolve the collation conflict between "Latin1_General_CI_AS" and "Latin1_General_BIN" in the equal to operation.
529 C Explicit conversion from data type xml to int is not allowed.
8116 C Argument data type xml is invalid for argument 1 of len function.
8117 C Operand data type varchar is invalid for sum operator.
8120 C Column 'dbo.T.ID' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.
249 C The type "geometry" is not comparable. It cannot be used in the ORDER BY clause.
305 C The XML data type cannot be compared or sorted, except when using the IS NULL operator.
306 C The text, ntext, and image data types cannot be compared or sorted, except when using IS NULL or LIKE operator.
534 C 'COMPRESS' failed because it is not supported in the edition of this SQL Server instance 'x'. See books online for more details.
1934 C SELECT failed because the following SET options have incorrect settings: 'ARITHABORT'. Verify that SET options are correct for use with indexed views.
6263 C Execution of user code in the .NET Framework is disabled. Enable "clr enabled" configuration option.
40510 C Statement 'USE' is not supported in this version of SQL Server.
40514 C 'OPENQUERY' is not supported in this version of SQL Server.
40517 C Keyword or statement option 'x' is not supported in this version of SQL Server.
229 C The SELECT permission was denied on the object 'Customer', database 'McTM', schema 'dbo'.
229 C SELECT permission denied on object 'Customer', database 'McTM', schema 'dbo'.
230 C The SELECT permission was denied on the column 'Name' of the object 'Customer', database 'McTM', schema 'dbo'.
373 C The SELECT permission or external policy action 'read' was denied on the object 'Customer', database 'McTM', schema 'dbo'.
262 C SHOWPLAN permission denied in database 'McTM'.
297 C The user does not have permission to perform this action.
300 C VIEW SERVER STATE permission was denied on object 'server', database 'master'.
371 C The user does not have the external policy action 'read' or permission 'SELECT' to perform this action.
372 C External access policies needed to validate access are either expired or not found. To force a policy fetch, execute the procedure 'sys.sp_external_policy_refresh'.
8189 C You do not have permission to run 'sp_trace_create'.
15247 C User does not have permission to perform this action.
15404 C Could not obtain information about Windows NT group/user 'x', error code 0x5.
15517 C Cannot execute as the database principal because the principal "dbo" does not exist, this type of principal cannot be impersonated, or you do not have permission.
15562 C The module being executed is not trusted. Either the owner of the database of the module needs to be granted authenticate permission, or the module needs to be digitally signed.
7411 C Server 'far' is not configured for RPC.
7416 C Access to the remote server is denied because no login-mapping exists.
7437 C Linked servers cannot be used under impersonation without a mapping for the impersonated login.
7303 T Cannot initialize the data source object of OLE DB provider "MSOLEDBSQL" for linked server "far".
7330 T Cannot fetch a row from OLE DB provider "MSOLEDBSQL" for linked server "far".
7399 T The OLE DB provider "MSOLEDBSQL" for linked server "far" reported an error. The provider did not give any information about the error.
7412 T OLE DB provider "MSOLEDBSQL" for linked server "far" returned message "Login timeout expired".
8501 T MSDTC on server 'x' is unavailable.
206 C Operand type clash: varchar is incompatible with varchar(50) encrypted with (encryption_type = 'DETERMINISTIC', encryption_algorithm_name = 'AEAD_AES_256_CBC_HMAC_SHA_256', column_encryption_key_name = 'k', column_encryption_key_database_name = 'McTM')
33299 C Encryption scheme mismatch for columns/variables 'Name'. The encryption scheme for the columns/variables is (encryption_type = 'PLAINTEXT') and the expression near line '1' expects it to be DETERMINISTIC.
15466 C An error occurred during decryption.
15581 C Please create a master key in the database or open the master key in the session before performing this operation.
13544 C Temporal FOR SYSTEM_TIME clause can only be used with system-versioned tables. 'T' is not a system-versioned table.
22105 C Change tracking is not enabled on table 'T'.
22117 C For databases that are members of a secondary availability replica (that is, for secondary databases), change tracking is not supported. Run change tracking queries on the databases in the primary availability replica.
210 D Conversion failed when converting datetime from binary/varbinary string.
235 D Cannot convert a char value to money. The char value has incorrect syntax.
241 D Conversion failed when converting date and/or time from character string.
245 D Conversion failed when converting the varchar value 'x' to data type int.
245 D Conversion failed when converting something else.
293 D Cannot convert char value to smallmoney. The char value has incorrect syntax.
295 D Conversion failed when converting character string to smalldatetime data type.
518 D Cannot convert data type xml to int.
6522 D A .NET Framework error occurred during execution of user-defined routine or aggregate "geography":
8114 D Error converting data type varchar to numeric.
8169 D Conversion failed when converting from a character string to uniqueidentifier.
8170 D Insufficient result space to convert uniqueidentifier value to char.
9400 D XML parsing: line 1, character 5, unexpected end of input
9803 D Invalid data for type "numeric".
9807 D The input character string does not follow style 126, either change the input character string or use a different style.
13609 D JSON text is not properly formatted. Unexpected character 'x' is found at position 0.
220 D Arithmetic overflow error for data type tinyint, value = 300.
232 D Arithmetic overflow error for type int, value = 1e20.
234 D There is insufficient result space to convert a money value to varchar.
236 D The conversion from char data type to money resulted in a money overflow error.
242 D The conversion of a varchar data type to a datetime data type resulted in an out-of-range value.
244 D The conversion of the varchar value '300' overflowed an INT1 column. Use a larger integer column.
248 D The conversion of the varchar value '3000000000' overflowed an int column.
294 D The conversion from char data type to smallmoney data type resulted in a smallmoney overflow error.
296 D The conversion of char data type to smalldatetime data type resulted in an out-of-range smalldatetime value.
298 D The conversion from datetime data type to smalldatetime data type resulted in a smalldatetime overflow error.
517 D Adding a value to a 'datetime' column caused an overflow.
535 D The datediff function resulted in an overflow. The number of dateparts separating two date/time instances is too large.
542 D An invalid datetime value was encountered. Value exceeds the year 9999.
1007 D The number '1e400' is out of the range for numeric representation (maximum precision 38).
2628 D String or binary data would be truncated in table 'McTM.dbo.T', column 'Name'. Truncated value: 'x'.
3606 D Arithmetic overflow occurred.
8115 D Arithmetic overflow error converting expression to data type int.
8115 D Arithmetic overflow error of some other kind.
8152 D String or binary data would be truncated.
3607 D Division by zero occurred.
8134 D Divide by zero error encountered.
289 D Cannot construct data type date, some of the arguments have values which are not valid.
512 D Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.
530 D The statement terminated. The maximum recursion 100 has been exhausted before statement completion.
536 D Invalid length parameter passed to the substring function.
537 D Invalid length parameter passed to the LEFT or SUBSTRING function.
3623 D An invalid floating point operation occurred.
511 D Cannot create a row of size 9000 which is greater than the allowable maximum row size of 8060.
599 D nvarchar.concat: The length of the result exceeds the length limit (2GB) of the target large type.
"""

DOCUMENTED: list[tuple[str, type[TableferryError], str]] = [
    (number, _KINDS[kind], text)
    for number, kind, text in (line.split(" ", 2) for line in _LINES.strip().splitlines())
]
