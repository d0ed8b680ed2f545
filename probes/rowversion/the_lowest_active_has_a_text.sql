-- claim: MIN_ACTIVE_ROWVERSION() is converted to a text of 18 characters
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/min-active-rowversion-transact-sql
-- covers: modes.rowversion

SELECT LEN(CONVERT(varchar(18), MIN_ACTIVE_ROWVERSION(), 1)) AS length
-- expect rows: length
--   18
