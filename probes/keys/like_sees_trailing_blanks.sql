-- claim: LIKE tells trailing blanks of its pattern apart
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/like-transact-sql

SELECT CASE WHEN N'abc' LIKE N'abc ' THEN 1 ELSE 0 END AS found
-- expect rows: found
--   0
