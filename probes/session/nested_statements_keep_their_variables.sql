-- claim: sp_executesql runs a text with parameters of its own
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-stored-procedures/sp-executesql-transact-sql

EXEC sys.sp_executesql N'SELECT @x AS x', N'@x int', @x = 7
-- expect rows: x
--   7
