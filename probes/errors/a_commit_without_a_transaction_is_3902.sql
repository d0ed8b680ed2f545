-- claim: COMMIT without a transaction is 3902
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-3000-to-3999
-- covers: sqlserver.messages.versions

COMMIT TRANSACTION
-- expect error 3902: The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.
