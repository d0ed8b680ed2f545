"""A query's text is pointed at other tables, and only at them."""

import pytest

from tableferry.model.identifiers import TargetTable
from tableferry.postgres.publish.retarget import retarget

TABLES = {
    TargetTable("keep", "t"): TargetTable("tableferry", "s"),
    TargetTable("we.ird", 'a "b"'): TargetTable("tableferry", "s2"),
}
S = '"tableferry"."s"'


@pytest.mark.parametrize(
    ("query", "pointed"),
    [
        ("SELECT t.id FROM keep.t", f'SELECT t.id FROM {S} "t"'),
        ("SELECT t.id FROM keep.t\n WHERE t.id > 0", f'SELECT t.id FROM {S} "t"\n WHERE t.id > 0'),
        ("SELECT x.id FROM keep.t x", f"SELECT x.id FROM {S} x"),
        ("FROM (keep.t\n  JOIN keep.t t_1 ON (true))", f'FROM ({S} "t"\n  JOIN {S} t_1 ON (true))'),
        ('SELECT 1 FROM keep.t "left"', f'SELECT 1 FROM {S} "left"'),
        ("SELECT 1 FROM ONLY keep.t t(a, b)", f"SELECT 1 FROM ONLY {S} t(a, b)"),
        ("FROM keep.t TABLESAMPLE system (1)", f'FROM {S} "t" TABLESAMPLE system (1)'),
        ("SELECT 1 FROM keep.t, other.t", f'SELECT 1 FROM {S} "t", other.t'),
        ("SELECT keep.t(1), 'keep.t', 'it''s keep.t' FROM x", None),
        ('SELECT "keep.t", "keep"".t" FROM x', None),
        ("SELECT a.keep.t FROM x", None),
        ("SELECT keep.t.id FROM x", None),
        ("SELECT keep.tt, keept.t, akeep.t FROM x", None),
        ('SELECT 1 FROM "keep"."t" y', f"SELECT 1 FROM {S} y"),
        ('SELECT 1 FROM "we.ird"."a ""b"""', 'SELECT 1 FROM "tableferry"."s2" "a ""b"""'),
        ("SELECT E'a\\\\''keep.t' FROM keep.t", f"SELECT E'a\\\\''keep.t' FROM {S} \"t\""),
    ],
)  # fmt: skip
def test_tables_are_replaced_where_they_are_tables(query: str, pointed: str | None) -> None:
    assert retarget(query, TABLES) == (pointed or query)
