-- claim: A json value becomes text
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/json-data-type
-- since: 2025

CREATE TABLE dbo.T (V json);
INSERT dbo.T VALUES ('{"a":1}')
GO
SELECT CAST(t.[V] AS nvarchar(max)) AS v FROM dbo.T AS t
-- expect rows: v
--   '{"a":1}'
