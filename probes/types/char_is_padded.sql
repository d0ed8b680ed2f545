-- claim: A char(n) is padded with blanks to its length
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/char-and-varchar-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V char(6) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 'ab'), (2, '')
GO
SELECT DATALENGTH(t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   6
--   6
