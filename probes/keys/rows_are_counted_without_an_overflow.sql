-- claim: COUNT_BIG is a bigint
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/count-big-transact-sql
-- covers: sqlserver.chunking.split_table

SELECT CAST(SQL_VARIANT_PROPERTY(COUNT_BIG(*), 'BaseType') AS nvarchar(128)) AS base FROM (VALUES (1)) AS t (x)
-- expect rows: base
--   'bigint'
