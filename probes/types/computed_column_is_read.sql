-- claim: A computed column has the type of its expression
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/tables/specify-computed-columns-in-a-table

CREATE TABLE dbo.T (A int NOT NULL, B AS A * CAST(2 AS bigint));
INSERT dbo.T (A) VALUES (21)
GO
SELECT t.[B] AS [b] FROM dbo.T AS t
-- expect rows: b
--   42
