-- claim: ToString() writes the labels of a hierarchyid between slashes
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/tostring-database-engine

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V hierarchyid NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, hierarchyid::Parse('/')), (2, hierarchyid::Parse('/1/2.5/-3/')), (3, NULL)
GO
SELECT t.[V].ToString() AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '/'
--   '/1/2.5/-3/'
--   NULL
