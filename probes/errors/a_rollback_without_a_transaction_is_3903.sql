-- claim: ROLLBACK without a transaction is 3903
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
-- covers: sqlserver.messages.versions

ROLLBACK TRANSACTION
-- expect error 3903: The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.
