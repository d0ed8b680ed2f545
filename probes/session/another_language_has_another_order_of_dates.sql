-- claim: SET LANGUAGE British reads 01/02/2024 as the first of February
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-language-transact-sql
-- covers: sqlserver.connection.connect

SET LANGUAGE British
GO
SELECT CONVERT(char(10), CAST('01/02/2024' AS datetime), 23) AS day
-- expect rows: day
--   '2024-02-01'
