-- claim: A function that does not exist is 195
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

SELECT nix(1) AS v
-- expect error 195: 'nix' is not a recognized built-in function name.
