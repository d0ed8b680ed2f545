-- claim: A varchar becomes nvarchar by the code page of its collation, and its bytes are UTF-16
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/collations/collation-and-unicode-support

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V varchar(10) COLLATE Cyrillic_General_CI_AS NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, N'я')
GO
SELECT CAST(CAST(t.[V] AS nvarchar(max)) AS varbinary(max)) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   0x4F04
