"""Whether PostgreSQL updates and deletes rows of a table that publications send to subscribers.

It refuses to where a subscriber could not tell which row is meant: a published row needs a replica
identity (55000), which the publication's columns and condition must cover (42P10). Neither matters
to TRUNCATE, COPY, or a publication of inserts only. Of a partitioned table the partitions count.
"""

from typing import Final, LiteralString

UNPUBLISHABLE: Final[LiteralString] = """\
WITH body AS (
  SELECT c.oid, c.relreplident FROM pg_class c WHERE c.relkind = 'r'
    AND (c.oid = %(oid)s OR c.oid IN (SELECT relid FROM pg_partition_tree(%(oid)s)))
), identity AS (
  SELECT b.oid, a.attname, a.attgenerated <> '' AS generated
  FROM body b JOIN pg_index i ON i.indrelid = b.oid AND CASE b.relreplident
    WHEN 'd' THEN i.indisprimary AND i.indimmediate WHEN 'i' THEN i.indisreplident END
  JOIN pg_attribute a ON a.attrelid = b.oid AND a.attnum = ANY (i.indkey)
  UNION ALL
  SELECT b.oid, a.attname, a.attgenerated <> ''
  FROM body b JOIN pg_attribute a ON a.attrelid = b.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE b.relreplident = 'f'
), published AS (
  SELECT b.oid, b.relreplident = 'f' AS is_full, p.pubname, to_jsonb(l) -> 'attnames' AS names,
    r.prrelid, to_jsonb(r) ->> 'prqual' AS condition, to_jsonb(r) ->> 'prattrs' AS listed,
    (SELECT array_agg(d.attname) FROM identity d WHERE d.oid = b.oid) AS identity
  FROM body b
  JOIN LATERAL (SELECT b.oid UNION SELECT relid FROM pg_partition_ancestors(b.oid))
    AS above (oid) ON true
  JOIN pg_class a ON a.oid = above.oid JOIN pg_namespace n ON n.oid = a.relnamespace
  JOIN pg_publication_tables l ON l.schemaname = n.nspname AND l.tablename = a.relname
  JOIN pg_publication p ON p.pubname = l.pubname AND (p.pubupdate OR p.pubdelete)
  LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = above.oid
)
SELECT DISTINCT CASE WHEN p.identity IS NULL THEN 'unidentified' ELSE 'uncovered' END,
  format('%%s in %%s', p.oid::regclass, p.pubname)
FROM published p
WHERE p.identity IS NULL
  OR p.is_full AND p.listed IS NOT NULL
  OR EXISTS (SELECT FROM identity d WHERE d.oid = p.oid AND NOT p.names ? d.attname AND (
    current_setting('server_version_num')::integer >= 180000 OR NOT d.generated))
  OR EXISTS (SELECT FROM regexp_matches(p.condition, ':varattno ([0-9]+)', 'g') AS used (number)
    JOIN pg_attribute a ON a.attrelid = p.prrelid AND a.attnum = used.number[1]::integer
    WHERE a.attname <> ALL (p.identity))"""
"""``unidentified``: published without a replica identity; ``uncovered``: with one of columns that
the publication's list of columns leaves out, or too few for its condition. Before PostgreSQL 15 a
publication has neither, and before 18 it may leave out generated columns."""
