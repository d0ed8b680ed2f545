-- claim: A catalog view is asked in another database by its name
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/catalog-views-transact-sql

SELECT COUNT(*) AS tables FROM [master].sys.schemas AS s WHERE s.name = N'dbo'
-- expect rows: tables
--   1
