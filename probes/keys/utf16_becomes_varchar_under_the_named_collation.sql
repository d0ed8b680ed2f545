-- claim: Text of UTF-16 that is cast to varchar under a named collation has that collation's code page
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql
-- database: collation Latin1_General_CI_AS
-- covers: model.literals.tsql_literal

SELECT CAST(CAST(CAST(0x4F04 AS nvarchar(4)) COLLATE Cyrillic_General_CI_AS AS varchar(4)) COLLATE Cyrillic_General_CI_AS
  AS varbinary(4)) AS bytes
-- expect rows: bytes
--   0xFF
