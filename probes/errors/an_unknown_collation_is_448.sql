-- claim: A collation that does not exist is 448
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

SELECT N'a' COLLATE Nix_CI_AS AS v
-- expect error 448: Invalid collation 'Nix_CI_AS'.
