-- claim: A vector becomes a JSON array
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/vector-data-type
-- since: 2025

CREATE TABLE dbo.T (V vector(2));
INSERT dbo.T VALUES ('[1, 2.5]')
GO
SELECT CAST(t.[V] AS nvarchar(max)) AS v FROM dbo.T AS t
-- expect rows: v
--   '[1.0000000e+000,2.5000000e+000]'
