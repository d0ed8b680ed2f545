-- claim: SET LANGUAGE us_english sets the language, with dates of the order mdy and weeks that begin on Sunday
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-language-transact-sql
-- covers: sqlserver.connection.connect

SET LANGUAGE us_english
GO
SELECT @@LANGUAGE AS language, @@DATEFIRST AS date_first
-- expect rows: language, date_first
--   'us_english' | 7
