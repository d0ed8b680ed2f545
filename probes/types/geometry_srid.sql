-- claim: A geometry has an SRID of its own, 0 included
-- page: https://learn.microsoft.com/en-us/sql/t-sql/spatial-geometry/stsrid-geometry-data-type

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V geometry NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, geometry::STGeomFromText('POINT (3 4)', 0)), (2, geometry::STGeomFromText('POINT (3 4)', 25832))
GO
SELECT t.[V].STSrid AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   0
--   25832
