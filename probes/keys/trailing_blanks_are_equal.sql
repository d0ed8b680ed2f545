-- claim: Texts that differ by trailing blanks are equal
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/string-comparison-assignment
-- covers: planning.key_spellings

SELECT CASE WHEN N'abc' = N'abc   ' THEN 1 ELSE 0 END AS wide, CASE WHEN 'abc' = 'abc   ' THEN 1 ELSE 0 END AS narrow
-- expect rows: wide, narrow
--   1 | 1
