-- claim: HAS_PERMS_BY_NAME of an object that does not exist is NULL
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/has-perms-by-name-transact-sql
-- covers: inspect.doctor.source_table

EXEC [$(database)].sys.sp_executesql N'SELECT HAS_PERMS_BY_NAME(N''[$(database)].[dbo].[T]'', ''OBJECT'', ''SELECT'') AS may_select, USER_NAME() AS user_name'
-- expect rows: may_select, user_name
--   NULL | 'dbo'
