-- claim: Under SNAPSHOT a table of a database that does not allow it is refused with 3952
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
-- database: ALLOW_SNAPSHOT_ISOLATION OFF
-- covers: planning.consistency

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
SET TRANSACTION ISOLATION LEVEL SNAPSHOT
GO
SELECT ID FROM dbo.T
-- expect error 3952: Snapshot isolation transaction failed accessing database '%' because snapshot isolation is not
--   allowed in this database. Use ALTER DATABASE to allow snapshot isolation.
