-- claim: An open transaction that has used no rowversion does not hold MIN_ACTIVE_ROWVERSION() back
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/min-active-rowversion-transact-sql

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
CREATE TABLE dbo.Plain (ID int NOT NULL PRIMARY KEY)
INSERT INTO dbo.T (ID) VALUES (1)
GO
BEGIN TRANSACTION
INSERT INTO dbo.Plain VALUES (1)
GO
-- session: b
SELECT CONVERT(bigint, MIN_ACTIVE_ROWVERSION()) - CONVERT(bigint, @@DBTS) AS difference
-- expect rows: difference
--   1
-- session: a
ROLLBACK TRANSACTION
