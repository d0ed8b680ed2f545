-- claim: HAS_PERMS_BY_NAME of SELECT is 0 where the user has another right alone
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/has-perms-by-name-transact-sql
-- covers: inspect.doctor.source_table

CREATE USER Reader WITHOUT LOGIN
GO
CREATE TABLE dbo.T (A int NULL)
GO
GRANT VIEW DEFINITION ON dbo.T TO Reader
GO
EXECUTE AS USER = N'Reader'
GO
SELECT HAS_PERMS_BY_NAME(N'dbo.T', 'OBJECT', 'SELECT') AS may_select, USER_NAME() AS user_name
-- expect rows: may_select, user_name
--   0 | 'Reader'
GO
REVERT
