-- claim: A system procedure that is called by a database's name runs there, and the session stays where it was
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-stored-procedures/sp-executesql-transact-sql
-- observed: The page does not mention it; that system procedures run in the database by whose name they are called
--   was seen.
-- covers: modes.extract.in_database

EXEC [master].sys.sp_executesql N'SELECT DB_NAME() AS here'
-- expect rows: here
--   'master'
GO
SELECT CASE WHEN DB_NAME() = N'$(database)' THEN 1 ELSE 0 END AS back
-- expect rows: back
--   1
