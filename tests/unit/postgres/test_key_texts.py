"""How the texts of keys are read in PostgreSQL: whatever the session's settings are."""

from tableferry.postgres.key_texts import arrays_of


def test_keys_become_one_array_for_each_column() -> None:
    assert arrays_of([("1", "a"), ("2", None)], 2) == (["1", "2"], ["a", None])


def test_no_keys_become_empty_arrays() -> None:
    assert arrays_of([], 2) == ([], [])
