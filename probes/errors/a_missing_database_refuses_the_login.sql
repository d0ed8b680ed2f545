-- claim: A login that names a database which does not exist fails with 4060
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-4060-database-engine-error
-- covers: sqlserver.messages.logins

-- session: b, database: tableferry_no_such_database
-- expect error 4060: Cannot open database "tableferry_no_such_database" requested by the login. The login failed.
