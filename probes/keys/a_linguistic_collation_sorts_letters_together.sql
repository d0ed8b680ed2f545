-- claim: Under a linguistic collation a is before Z and é is between e and f
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/collations/collation-and-unicode-support

SELECT v.x AS x FROM (VALUES (N'Z'), (N'f'), (N'é'), (N'a'), (N'e')) AS v (x) ORDER BY v.x COLLATE Latin1_General_100_CI_AS
-- expect rows: x
--   'a'
--   'e'
--   'é'
--   'f'
--   'Z'
