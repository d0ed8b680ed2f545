-- claim: HAS_PERMS_BY_NAME answers for a database and a server as for an object
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/has-perms-by-name-transact-sql
-- covers: inspect.doctor.source

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
EXEC [$(database)].sys.sp_executesql N'SELECT HAS_PERMS_BY_NAME(N''[$(database)].[dbo].[T]'', ''OBJECT'', ''VIEW DEFINITION'') AS may_see,
  USER_NAME() AS user_name'
-- expect rows: may_see, user_name
--   1 | 'dbo'
