"""The planner's statistics for a table that takes another's place: carried over, or gathered anew.

ANALYZE of a table with many columns or long texts takes as long as the COPY that filled it. What it
found out about the old table is as true of its successor as it would be of the same table after a
TRUNCATE and a COPY: until autovacuum looks, which counts the rows of the COPY and so analyses the
new one within its next rounds. See docs/decisions/0062-statistics-of-a-swap.md.
"""

from typing import Final, LiteralString

from tableferry.model.identifiers import TargetTable, text_pg
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.publish.inventory import Body

FIRST_VERSION: Final = 180000
"""``pg_restore_attribute_stats`` came with PostgreSQL 18."""

_MAY_CARRY: Final[LiteralString] = """\
SELECT count(*) > 0 FROM pg_class c JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE c.oid = %(oid)s AND c.relkind = 'r'
  AND current_setting('autovacuum')::boolean AND current_setting('track_counts')::boolean
  AND NOT EXISTS (SELECT FROM pg_options_to_table(c.reloptions) o
    WHERE o.option_name = 'autovacuum_enabled' AND NOT o.option_value::boolean)
  AND coalesce(s.last_analyze, s.last_autoanalyze) IS NOT NULL
  AND abs(c.reltuples - %(rows)s) <= 0.1 * %(rows)s
  AND NOT EXISTS (SELECT FROM pg_statistic_ext e WHERE e.stxrelid = c.oid)
  AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indexprs IS NOT NULL)
  AND (SELECT count(*) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
    = (SELECT count(*) FROM pg_stats p WHERE NOT p.inherited
      AND (p.schemaname, p.tablename) = (c.relnamespace::regnamespace::name, c.relname))"""
"""Where autovacuum will look at the new table; where the old one's statistics are its own and not
carried over (else they would grow old where a table is replaced more often than autovacuum looks);
where the tenth that autovacuum tolerates has neither come nor gone; and where all there is to know
is about columns: statistics of expressions and of several columns cannot be carried."""

_CARRY: Final = """\
SELECT count(pg_restore_attribute_stats(
  'schemaname', {schema}::text, 'relname', {name}::text, 'attname', p.attname::text,
  'inherited', false, 'version', current_setting('server_version_num')::integer,
  'null_frac', p.null_frac, 'avg_width', p.avg_width, 'n_distinct', p.n_distinct,
  'most_common_vals', p.most_common_vals::text, 'most_common_freqs', p.most_common_freqs,
  'histogram_bounds', p.histogram_bounds::text, 'correlation', p.correlation,
  'most_common_elems', p.most_common_elems::text,
  'most_common_elem_freqs', p.most_common_elem_freqs,
  'elem_count_histogram', p.elem_count_histogram,
  'range_length_histogram', p.range_length_histogram::text,
  'range_empty_frac', p.range_empty_frac,
  'range_bounds_histogram', p.range_bounds_histogram::text))
FROM pg_stats p
WHERE p.schemaname = {old_schema} AND p.tablename = {old_name} AND NOT p.inherited"""

_COUNT: Final = """\
SELECT pg_restore_relation_stats('schemaname', {schema}::text, 'relname', {name}::text,
  'version', current_setting('server_version_num')::integer,
  'relpages', (pg_relation_size({table}::regclass) / current_setting('block_size')::int)::int,
  'reltuples', {rows}::real)"""


def statements(connection: TargetConnection, plan: SyncPlan, body: Body, rows: int) -> list[str]:
    """Return the statements that give the shadow, which holds so many rows, its statistics."""
    known = connection.version >= FIRST_VERSION and not (plan.drift.added or plan.drift.evolved)
    about = {"oid": body.oid, "rows": rows}
    if known and connection.ask((_MAY_CARRY, about))[0][0][0]:
        return _carried(body.table, body.shadow, rows)
    return [f"ANALYZE {body.shadow.sql}"]


def _carried(old: TargetTable, new: TargetTable, rows: int) -> list[str]:
    """Return the statements that give the new table the old one's statistics.

    What cannot be restored is left out, with a warning that nobody sees: the planner takes its
    defaults there until autovacuum has looked.
    """
    names = {
        "schema": text_pg(new.schema),
        "name": text_pg(new.name),
        "old_schema": text_pg(old.schema),
        "old_name": text_pg(old.name),
        "table": text_pg(new.sql),
        "rows": rows,
    }
    return [_CARRY.format(**names), _COUNT.format(**names)]
