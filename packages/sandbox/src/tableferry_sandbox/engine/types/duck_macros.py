"""DuckDB macros that queries call: SQL Server's string lengths, rounding, ranges and keys.

Those that need Python call the functions of ``duck_functions`` (``py_*``).
"""

from typing import Final

from tableferry_sandbox.engine.types.row_errors import mark

_FLOAT_OVERFLOW: Final = mark(
    8115, "Arithmetic overflow error converting expression to data type float.", 16, 2
)
DATE_ORDER: Final = "date_order"
"""DuckDB's variable for a session's DATEFORMAT: set where it is not mdy."""

MACROS: Final = (
    # U+10D8xx..U+10DFxx carry a surrogate: one unit each; other supplementary characters: two.
    (
        r"ts_units(s) AS CASE WHEN strlen(s) = length(s) THEN length(s) ELSE length(s) + "
        r"length(regexp_replace(s, '[^\x{10000}-\x{10D7FF}\x{10E000}-\x{10FFFF}]', '', 'g')) END"
    ),
    r"ts_wide(s) AS strlen(s) <> length(s) AND regexp_matches(s, '[\x{10000}-\x{10FFFF}]')",
    (
        "ts_substring(s, a, n) AS CASE WHEN ts_wide(s) THEN py_substring(s, a, n) "
        "WHEN a >= 1 THEN substr(s, a, n) WHEN a + n > 1 THEN substr(s, 1, a + n - 1) "
        "WHEN a + n <= 1 AND s IS NOT NULL THEN '' END"
    ),
    "ts_cut(s, n) AS CASE WHEN strlen(s) <= n THEN s ELSE ts_substring(s, 1, n) END",
    "ts_pad(s, n) AS s || repeat(' ', greatest(n - ts_units(s), 0))",
    # A code page's ASCII characters are those of UTF-8: only other texts need Python.
    "ts_varchar(s, page) AS CASE WHEN strlen(s) = length(s) THEN s ELSE py_to_varchar(s, page) END",
    (
        "ts_byte_length(s, page) AS CASE WHEN strlen(s) = length(s) THEN strlen(s) "
        "ELSE py_byte_length(s, page) END"
    ),
    # No character takes fewer bytes in UTF-8 than in another code page.
    (
        "ts_cut_bytes(s, n, page) AS CASE WHEN strlen(s) <= n THEN s "
        "ELSE py_cut_bytes(s, n, page) END"
    ),
    (
        "ts_encoded(s, page) AS CASE WHEN strlen(s) = length(s) THEN encode(s) "
        "ELSE py_encode(s, page) END"
    ),
    "ts_guid_key(g) AS g[11:16] || g[9:10] || g[7:8] || g[5:6] || g[1:4]",
    "ts_ci(s) AS lower(rtrim(s, ' '))",
    "ts_cs(s) AS rtrim(s, ' ')",
    "ts_ci_order(s) AS icu_sort_key(lower(rtrim(s, ' ')), 'und')",
    "ts_cs_order(s) AS icu_sort_key(rtrim(s, ' '), 'und')",
    # Rounds ticks to a step; the last step of year 9999 is cut, not carried into year 10000.
    (
        "ts_round(t, unit) AS CASE WHEN t > 3155378975999999999 - unit THEN 3155378975999999999 "
        "// unit * unit "
        "ELSE (t + unit // 2) // unit * unit END"
    ),
    # datetime keeps 1/300 s; the day and the time of day apart, since ticks * 3 leaves BIGINT.
    (
        "ts_300(t) AS t // 864000000000 * 864000000000 + "
        "(((t % 864000000000) * 3 + 50000) // 100000 * 100000 + 1) // 3"
    ),
    (
        "ts_within(t, low, high, message) AS CASE WHEN t < low OR t > high THEN error(message) "
        "ELSE t END"
    ),
    (
        "ts_finite(x) AS CASE WHEN isfinite(x) OR x IS NULL THEN x ELSE error("
        f"'{_FLOAT_OVERFLOW}') END"
    ),
    (
        "ts_divide(a, b) AS CASE WHEN b = 0 THEN error("
        f"'{mark(8134, 'Divide by zero error encountered.')}') ELSE ts_finite(a / b) END"
    ),
    f"ts_date_order() AS coalesce(getvariable('{DATE_ORDER}'), 'mdy')",
    "ts_days(d) AS date_diff('day', DATE '0001-01-01', d)",
    "ts_date(days) AS DATE '0001-01-01' + CAST(days AS INTEGER)",
    "ts_null_if_bad(x) AS TRY(x)",
    "ts_bytes(b, n) AS CASE WHEN octet_length(b) <= n THEN b ELSE b[1:n] END",
    (
        "ts_pad_bytes(b, n) AS CASE WHEN octet_length(b) >= n THEN b[1:n] "
        "ELSE b || from_hex(repeat('00', n - octet_length(b))) END"
    ),
)
