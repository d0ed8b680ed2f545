-- claim: @@VERSION begins with Microsoft SQL Server
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/version-transact-sql-configuration-functions
-- covers: sqlserver.facts.read_facts

SELECT CASE WHEN @@VERSION LIKE 'Microsoft %' THEN 1 ELSE 0 END AS known
-- expect rows: known
--   1
