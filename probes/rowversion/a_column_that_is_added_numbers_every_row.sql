-- claim: A rowversion column that is added gives every row a value of its own
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/rowversion-transact-sql
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
INSERT INTO dbo.T VALUES (1), (2), (3)
GO
ALTER TABLE dbo.T ADD R rowversion NOT NULL
GO
SELECT COUNT(DISTINCT CONVERT(bigint, t.R)) AS values_ FROM dbo.T AS t
-- expect rows: values_
--   3
