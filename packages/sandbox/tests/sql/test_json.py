"""JSON_VALUE, JSON_QUERY and ISJSON, as computed columns use them."""

import pytest

TEXT = '{"a": {"b c": [10, 1.50, {"d": "x"}]}, "t": true, "n": null, "s": "é"}'


@pytest.mark.parametrize(
    ("path", "scalar", "part"),
    [
        ("$", None, TEXT),
        ("$.s", "é", None),
        ("$.t", "true", None),
        ("$.n", None, None),
        ('$.a."b c"[1]', "1.50", None),
        ('lax $.a."b c"[2]', None, '{"d":"x"}'),
        ('$.a."b c"', None, '[10,1.50,{"d":"x"}]'),
        ('$.a."b c"[9]', None, None),
        ("$.nothing.here", None, None),
    ],
)
def test_a_path_finds_a_scalar_or_a_part(ask, path, scalar, part):
    found = ask(f"SELECT JSON_VALUE(N'{TEXT}', '{path}'), JSON_QUERY(N'{TEXT}', '{path}')")
    assert found.rows == [(scalar, part)]
    assert found.types == ["nvarchar(4000)", "nvarchar(max)"]


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("JSON_VALUE(N'{\"a\":}', '$.a')", 13609),
        ("JSON_VALUE(N'{}', 'a')", 13607),
        ("JSON_VALUE(N'{}', 'strict $.a')", 13608),
        ("JSON_VALUE(N'{\"a\":{}}', 'strict $.a')", 13623),
        ("JSON_QUERY(N'{\"a\":1}', 'strict $.a')", 13624),
    ],
)
def test_wrong_texts_and_paths_are_errors(refuse, call, number):
    assert refuse(f"SELECT {call}").number == number


def test_isjson_and_computed_columns(ask):
    ask(
        "CREATE TABLE t (id int, j nvarchar(max) CHECK (ISJSON(j) = 1), "
        "tags AS JSON_QUERY(j, N'$.Tags'), one AS JSON_VALUE(j, '$.One') PERSISTED)"
    )
    ask("""INSERT t VALUES (1, N'{"Tags": ["a", "b"], "One": 1}'), (2, NULL)""")
    assert ask("SELECT tags, one FROM t ORDER BY id").rows == [('["a","b"]', "1"), (None, None)]
    assert ask("SELECT ISJSON('[]'), ISJSON('1'), ISJSON('{'), ISJSON(NULL)").rows == [
        (1, 0, 0, None)
    ]
