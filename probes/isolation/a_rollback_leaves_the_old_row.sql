-- claim: After ROLLBACK the rows are as they were
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/rollback-transaction-transact-sql

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NOT NULL)
INSERT INTO dbo.T VALUES (1, 1)
GO
BEGIN TRANSACTION
UPDATE dbo.T SET V = 2
ROLLBACK TRANSACTION
GO
SELECT V AS v FROM dbo.T
-- expect rows: v
--   1
