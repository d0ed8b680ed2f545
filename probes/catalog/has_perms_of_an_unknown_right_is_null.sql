-- claim: HAS_PERMS_BY_NAME of a right that does not exist is NULL, not an error
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/has-perms-by-name-transact-sql
-- covers: sqlserver.protection.read_protection

CREATE TABLE dbo.T (A int NULL)
GO
SELECT HAS_PERMS_BY_NAME(N'dbo.T', 'OBJECT', 'FLY') AS may_fly
-- expect rows: may_fly
--   NULL
