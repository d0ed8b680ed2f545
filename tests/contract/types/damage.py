"""SQL that alters a value of each PostgreSQL type as little as its type allows."""

from typing import Final

_ANY_TEXT: Final = ("'z' || substr($v::text, 2)", "$v::text <> ''")

DAMAGE: Final[dict[str, tuple[str, str]]] = {
    "bool": ("NOT $v", "true"),
    "int2": ("$v # 1::int2", "true"),
    "int4": ("$v # 1", "true"),
    "int8": ("$v # 1::int8", "true"),
    "numeric": ("$v - CASE WHEN $v > 0 THEN 1 ELSE -1 END * 0.1 ^ scale($v)::numeric", "true"),
    "float4": ("($v * 1.0000002)::float4", "abs($v) BETWEEN 0.1 AND 1e17"),
    "float8": ("$v * 1.0000000000000002", "abs($v) BETWEEN 0.1 AND 1e17"),
    "date": ("$v + 1", "true"),
    "time": ("$v + interval '1 second'", "true"),
    "timestamp": ("$v + interval '1 second'", "true"),
    "timestamptz": ("$v + interval '1 second'", "true"),
    "text": _ANY_TEXT,
    "varchar": _ANY_TEXT,
    "bpchar": _ANY_TEXT,
    "citext": ("upper($v::text)", "$v::text <> upper($v::text)"),
    "bytea": ("set_bit($v, 0, 1 - get_bit($v, 0))", "length($v) > 0"),
    "uuid": ("(substr($v::text, 1, 35) || translate(right($v::text, 1), '01f', '10e'))::uuid",
             "right($v::text, 1) IN ('0', '1', 'f')"),
    "mood": ("CASE $v WHEN 'sad' THEN 'glad' ELSE 'sad' END::mood", "true"),
    "json": ("($v::text || ' ')::json", "true"),
    "jsonb": ("jsonb_build_array($v, 0)", "true"),
    "xml": ("($v::text || ' ')::public.xml", "true"),
    "_float4": ("$v || 0::real", "true"),
}  # fmt: skip
"""By ``pg_type.typname``: the altered value of the column $v, and for which it is another one."""

UPDATE: Final = """\
UPDATE t SET {column} = {altered} WHERE id = (
  SELECT id FROM t WHERE {column} IS NOT NULL AND {where} ORDER BY id LIMIT 1)
RETURNING id"""

TYPES_OF: Final = """\
SELECT attname, typname FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid
WHERE attrelid = 't'::regclass AND attnum > 0 AND attname LIKE 'v%'"""


def damage_sql(column: str, type_name: str) -> str:
    """Return the statement that alters one value of a column and returns the row's id."""
    altered, where = (part.replace("$v", column) for part in DAMAGE[type_name])
    return UPDATE.format(column=column, altered=altered, where=where)
