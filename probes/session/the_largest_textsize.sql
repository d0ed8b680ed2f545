-- claim: SET TEXTSIZE 2147483647 lets every value through
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-textsize-transact-sql
-- covers: sqlserver.connection.connect

SET TEXTSIZE 2147483647
GO
SELECT @@TEXTSIZE AS text_size
-- expect rows: text_size
--   2147483647
