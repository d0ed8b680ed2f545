-- claim: The text of a rowversion column is 18 characters, and in the order of the values
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
INSERT INTO dbo.T (ID) VALUES (1), (2)
GO
SELECT LEN(CONVERT(varchar(18), CAST(t.[R] AS binary(8)), 1)) AS length
FROM dbo.T AS t ORDER BY CONVERT(varchar(18), CAST(t.[R] AS binary(8)), 1)
-- expect rows: length
--   18
--   18
