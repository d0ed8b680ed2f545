-- claim: WKB with an SRID can be put together from AsBinaryZM() and STSrid
-- page: https://learn.microsoft.com/en-us/sql/t-sql/spatial-geometry/asbinaryzm-geometry-datatype

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V geometry NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, geometry::STGeomFromText('POINT (1 2)', 4326))
GO
SELECT SUBSTRING(t.[V].AsBinaryZM(), 1, 4) + 0x20 + CAST(t.[V].STSrid % 256 AS binary(1)) + CAST(t.[V].STSrid / 256 %
  256 AS binary(1)) + CAST(t.[V].STSrid / 65536 AS binary(1)) + 0x00 + SUBSTRING(t.[V].AsBinaryZM(), 6,
  DATALENGTH(t.[V].AsBinaryZM())) AS v
FROM dbo.T AS t
ORDER BY t.Place
-- expect rows: v
--   0x0101000020E6100000000000000000F03F0000000000000040
