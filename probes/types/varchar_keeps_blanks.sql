-- claim: Trailing blanks of a varchar are stored
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-ansi-padding-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V varchar(10) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 'a  ')
GO
SELECT DATALENGTH(t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   3
