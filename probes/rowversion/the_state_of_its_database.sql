-- claim: One question has the lowest active rowversion, whether the database can be written to, and the kind of the
--   object
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/min-active-rowversion-transact-sql
-- covers: modes.rowversion

CREATE VIEW dbo.T AS SELECT 1 AS A
GO
SELECT RTRIM((SELECT o.type FROM sys.objects AS o WHERE o.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]'))) AS kind,
  CONVERT(varchar(30), DATABASEPROPERTYEX(DB_NAME(), 'Updateability')) AS updateability,
  (SELECT d.is_read_only FROM sys.databases AS d WHERE d.name = DB_NAME()) AS is_read_only
-- expect rows: kind, updateability, is_read_only
--   'V' | 'READ_WRITE' | 0
