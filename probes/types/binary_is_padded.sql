-- claim: A binary(n) is padded with zeros to its length
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/binary-and-varbinary-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V binary(4) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 0x0A)
GO
SELECT t.[V] AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   0x0A000000
