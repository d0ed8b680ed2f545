-- claim: HAS_PERMS_BY_NAME is 1 for who may, and USER_NAME is dbo for the owner
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/has-perms-by-name-transact-sql
-- covers: inspect.doctor.source_table

CREATE TABLE dbo.T (A int NULL)
GO
EXEC [$(database)].sys.sp_executesql N'SELECT HAS_PERMS_BY_NAME(N''[$(database)].[dbo].[T]'', ''OBJECT'', ''SELECT'') AS may_select, USER_NAME() AS user_name'
-- expect rows: may_select, user_name
--   1 | 'dbo'
