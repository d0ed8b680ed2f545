-- claim: After a rollback the counter does not go back
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/rowversion-transact-sql
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
CREATE TABLE dbo.Before (R binary(8) NOT NULL)
INSERT INTO dbo.T (ID) VALUES (1)
INSERT INTO dbo.Before VALUES (@@DBTS)
BEGIN TRANSACTION
INSERT INTO dbo.T (ID) VALUES (2)
ROLLBACK TRANSACTION
INSERT INTO dbo.T (ID) VALUES (3)
GO
SELECT CASE WHEN t.R > b.R THEN 1 ELSE 0 END AS grew FROM dbo.T AS t, dbo.Before AS b WHERE t.ID = 3
-- expect rows: grew
--   1
