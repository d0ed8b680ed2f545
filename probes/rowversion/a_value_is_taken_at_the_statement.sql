-- claim: A rowversion is taken at the statement, not at the commit: the transaction that commits last may have the
--   lower one
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/min-active-rowversion-transact-sql
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
CREATE TABLE dbo.U (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
GO
BEGIN TRANSACTION
INSERT INTO dbo.T (ID) VALUES (1)
GO
-- session: b
INSERT INTO dbo.U (ID) VALUES (1)
GO
-- session: a
COMMIT TRANSACTION
GO
SELECT CASE WHEN t.R < u.R THEN 1 ELSE 0 END AS lower FROM dbo.T AS t, dbo.U AS u
-- expect rows: lower
--   1
