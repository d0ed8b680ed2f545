-- claim: AsBinaryZM() keeps the Z value: type 1002 for a line with Z
-- page: https://learn.microsoft.com/en-us/sql/t-sql/spatial-geometry/asbinaryzm-geometry-datatype

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V geometry NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, geometry::STGeomFromText('LINESTRING (0 0 5, 1 0 5)', 0))
GO
SELECT SUBSTRING(t.[V].AsBinaryZM(), 1, 5) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   0x01EA030000
