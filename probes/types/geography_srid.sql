-- claim: STSrid is the number that the value was made with
-- page: https://learn.microsoft.com/en-us/sql/t-sql/spatial-geography/stsrid-geography-data-type

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V geography NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, geography::Point(2, 1, 4326)), (2, NULL)
GO
SELECT t.[V].STSrid AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   4326
--   NULL
