-- claim: A database in which a login has no user is refused with 916
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-916-database-engine-error
-- covers: sqlserver.messages.databases

CREATE USER Reader WITHOUT LOGIN
EXECUTE AS USER = N'Reader'
GO
SELECT COUNT(*) AS n FROM model.sys.tables AS t
-- expect error 916: The server principal "%" is not able to access the database "model" under the current security
--   context.
REVERT
