-- claim: Where no transaction is open MIN_ACTIVE_ROWVERSION() is @@DBTS + 1
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/min-active-rowversion-transact-sql
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
INSERT INTO dbo.T (ID) VALUES (1)
GO
SELECT CONVERT(bigint, MIN_ACTIVE_ROWVERSION()) - CONVERT(bigint, @@DBTS) AS difference
-- expect rows: difference
--   1
