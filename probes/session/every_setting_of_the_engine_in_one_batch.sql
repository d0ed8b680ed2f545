-- claim: The settings that a session of the engine begins with can be set in one batch
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-statements-transact-sql
-- covers: sqlserver.connection.connect

SET LANGUAGE us_english; SET NOCOUNT OFF; SET TEXTSIZE 2147483647; SET LOCK_TIMEOUT 60000; SET ROWCOUNT 0;
SET IMPLICIT_TRANSACTIONS OFF; SET XACT_ABORT OFF; SET DEADLOCK_PRIORITY LOW; SET ANSI_NULLS ON; SET ANSI_PADDING ON;
SET ANSI_WARNINGS ON; SET ARITHABORT ON; SET CONCAT_NULL_YIELDS_NULL ON; SET QUOTED_IDENTIFIER ON; SET NUMERIC_ROUNDABORT OFF
-- expect success
SELECT s.lock_timeout AS lock_timeout, s.deadlock_priority AS deadlock_priority, s.ansi_nulls AS ansi_nulls
FROM sys.dm_exec_sessions AS s WHERE s.session_id = @@SPID
-- expect rows: lock_timeout, deadlock_priority, ansi_nulls
--   60000 | -5 | 1
