-- claim: SET TEXTSIZE cuts (max) values to so many bytes, without an error
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-textsize-transact-sql
-- covers: sqlserver.connection.connect

SET TEXTSIZE 4
GO
SELECT CAST('abcdef' AS varchar(max)) AS long, CAST('abcdef' AS varchar(9)) AS short
-- expect rows: long, short
--   'abcd' | 'abcdef'
