-- claim: ROWCOUNT_BIG() is @@ROWCOUNT as a bigint
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/rowcount-big-transact-sql
-- covers: sqlserver.reader

CREATE TABLE dbo.Counted (N bigint NOT NULL)
GO
SELECT v.x AS x FROM (VALUES (1), (2), (3)) AS v (x);
INSERT INTO dbo.Counted SELECT ROWCOUNT_BIG()
GO
SELECT N AS row_count FROM dbo.Counted
-- expect rows: row_count
--   3
