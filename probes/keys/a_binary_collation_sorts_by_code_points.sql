-- claim: Under a BIN2 collation texts are in the order of their code points: Z is before a
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/collations/collation-and-unicode-support

SELECT v.x AS x FROM (VALUES (N'a'), (N'Z'), (N'é'), (N'z')) AS v (x) ORDER BY v.x COLLATE Latin1_General_100_BIN2
-- expect rows: x
--   'Z'
--   'a'
--   'z'
--   'é'
