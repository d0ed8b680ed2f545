-- claim: AsBinaryZM() is little-endian WKB: longitude before latitude
-- page: https://learn.microsoft.com/en-us/sql/t-sql/spatial-geography/asbinaryzm-geography-data-type

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V geography NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, geography::Point(2, 1, 4326))
GO
SELECT t.[V].AsBinaryZM() AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   0x0101000000000000000000F03F0000000000000040
