-- claim: TEXTSIZE counts bytes: of an nvarchar(max) four bytes are two characters
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-textsize-transact-sql

SET TEXTSIZE 4
GO
SELECT CAST(N'abcdef' AS nvarchar(max)) AS long
-- expect rows: long
--   'ab'
