-- claim: COLLATE after a literal decides how it is compared with another literal
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/collations
-- covers: model.literals.tsql_literal

SELECT CASE WHEN CAST(0x6100 AS nvarchar(4)) COLLATE Latin1_General_100_CS_AS
  = CAST(0x4100 AS nvarchar(4)) COLLATE Latin1_General_100_CS_AS THEN 1 ELSE 0 END AS equal
-- expect rows: equal
--   0
