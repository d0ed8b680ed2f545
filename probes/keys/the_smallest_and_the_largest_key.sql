-- claim: MIN and MAX of an integer key are its ends, and NULL where there is no row
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/min-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
GO
SELECT CONVERT(varchar(20), MIN(t.[ID])) AS low, CONVERT(varchar(20), MAX(t.[ID])) AS high FROM dbo.T AS t
-- expect rows: low, high
--   NULL | NULL
INSERT INTO dbo.T VALUES (-5), (7)
GO
SELECT CONVERT(varchar(20), MIN(t.[ID])) AS low, CONVERT(varchar(20), MAX(t.[ID])) AS high FROM dbo.T AS t
-- expect rows: low, high
--   '-5' | '7'
