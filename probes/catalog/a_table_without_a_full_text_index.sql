-- claim: A table without a full-text index has no row in sys.fulltext_indexes
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-fulltext-indexes-transact-sql
-- covers: sqlserver.details.read_details

CREATE TABLE dbo.T (A int NOT NULL)
GO
SELECT f.object_id AS table_id FROM [$(database)].sys.fulltext_indexes AS f
WHERE f.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')
-- expect rows: table_id
