-- claim: sys.dm_exec_connections says TRUE or FALSE about the encryption of a connection
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-dynamic-management-views/sys-dm-exec-connections-transact-sql
-- needs: right VIEW SERVER STATE
-- covers: sqlserver.facts.read_facts

SELECT CASE WHEN s.encrypted IN (N'TRUE', N'FALSE') THEN 1 ELSE 0 END AS said FROM (
SELECT encrypt_option AS encrypted FROM sys.dm_exec_connections WHERE session_id = @@SPID
) AS s
-- expect rows: said
--   1
