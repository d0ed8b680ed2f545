-- claim: OBJECT_ID of a database that does not exist is NULL, not an error
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/object-id-transact-sql

SELECT CASE WHEN OBJECT_ID(N'[tableferry_no_such_database].[dbo].[T]') IS NULL THEN 1 ELSE 0 END AS missing
-- expect rows: missing
--   1
