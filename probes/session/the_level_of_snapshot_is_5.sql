-- claim: SNAPSHOT is level 5 in sys.dm_exec_sessions
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-dynamic-management-views/sys-dm-exec-sessions-transact-sql

SET TRANSACTION ISOLATION LEVEL SNAPSHOT
GO
SELECT s.transaction_isolation_level AS level FROM sys.dm_exec_sessions AS s WHERE s.session_id = @@SPID
-- expect rows: level
--   5
