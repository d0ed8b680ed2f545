-- claim: In a UTF-8 collation varchar(n) counts bytes
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/collations/collation-and-unicode-support
-- since: 2019

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V varchar(10) COLLATE Latin1_General_100_CI_AS_SC_UTF8 NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, N'я'), (2, N'€')
GO
SELECT DATALENGTH(t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   2
--   3
