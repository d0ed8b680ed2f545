-- claim: Bytes cast to varchar are decoded with the database's code page, whatever COLLATE follows
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql
-- database: collation Latin1_General_CI_AS
-- covers: model.literals.tsql_literal

SELECT CAST(CAST(CAST(0xFF AS varchar(1)) AS nvarchar(1)) AS varbinary(2)) AS wide
-- expect rows: wide
--   0xFF00
