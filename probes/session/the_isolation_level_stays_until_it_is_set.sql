-- claim: The isolation level of a session holds for later batches
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
-- covers: sqlserver.connection.set_isolation

SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED
GO
SELECT s.transaction_isolation_level AS level FROM sys.dm_exec_sessions AS s WHERE s.session_id = @@SPID
-- expect rows: level
--   1
SET TRANSACTION ISOLATION LEVEL READ COMMITTED
GO
SELECT s.transaction_isolation_level AS level FROM sys.dm_exec_sessions AS s WHERE s.session_id = @@SPID
-- expect rows: level
--   2
