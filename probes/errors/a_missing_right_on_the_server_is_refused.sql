-- claim: sys.dm_exec_connections without VIEW SERVER STATE is refused, by 300 or, since SQL Server 2022, by another
--   number
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-dynamic-management-views/sys-dm-exec-connections-transact-sql
-- covers: sqlserver.facts.read_facts

CREATE USER Reader WITHOUT LOGIN
EXECUTE AS USER = N'Reader'
GO
BEGIN TRY EXEC(N'SELECT COUNT(*) AS n FROM sys.dm_exec_connections') END TRY
BEGIN CATCH SELECT ERROR_SEVERITY() AS class END CATCH
-- expect rows: class
--   14
REVERT
