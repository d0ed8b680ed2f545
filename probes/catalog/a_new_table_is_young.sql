-- claim: DATEDIFF in seconds from create_date to GETDATE() is how long a table has existed
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-objects-transact-sql
-- covers: sqlserver.table_list.match_tables

CREATE TABLE dbo.T (A int NOT NULL)
GO
SELECT CASE WHEN DATEDIFF(SECOND, o.create_date, GETDATE()) BETWEEN 0 AND 600 THEN 1 ELSE 0 END AS young
FROM sys.objects AS o WHERE o.object_id = OBJECT_ID(N'dbo.T')
-- expect rows: young
--   1
