-- claim: A login that names a database which does not exist fails with 4060
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
-- covers: sqlserver.messages.logins

-- session: b, database: tableferry_no_such_database
-- expect error 4060: Cannot open database "tableferry_no_such_database" requested by the login. The login failed.
