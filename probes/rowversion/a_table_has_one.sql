-- claim: A table may have one rowversion column only (2738)
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/rowversion-transact-sql
-- covers: modes.rowversion.rowversion_column

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL, S rowversion NOT NULL)
-- expect error 2738: A table can only have one timestamp column. Because table 'T' already has one, the column 'S' cannot
--   be added.
