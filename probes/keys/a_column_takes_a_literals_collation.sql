-- claim: A literal without a collation of its own is compared by that of the column
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/collation-precedence-transact-sql

CREATE TABLE dbo.T (K nvarchar(9) COLLATE Latin1_General_100_CS_AS NOT NULL)
INSERT INTO dbo.T VALUES (N'a')
GO
SELECT COUNT(*) AS found FROM dbo.T AS t WHERE t.K = N'A'
-- expect rows: found
--   0
