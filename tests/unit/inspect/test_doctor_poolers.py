"""What the doctor tells apart without a server: poolers, and the rights that a swap needs."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from tableferry.inspect.doctor.swap_grants import swap_grants
from tableferry.model.schema import Obstacle
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.facts import is_pooled


def session(told: int, own: int) -> TargetConnection:
    """A connection whose login was told one process id, and whose session has another."""
    raw = SimpleNamespace(info=SimpleNamespace(backend_pid=told))

    def rows(_: str) -> list[tuple[Any, ...]]:
        return [(own,)]

    return cast("TargetConnection", SimpleNamespace(raw=raw, rows=rows))


@pytest.mark.parametrize(("told", "own", "pooled"), [(7, 7, False), (7, 8, True)])
def test_a_pooler_makes_up_the_process_id_that_a_login_is_told(
    told: int, own: int, pooled: bool
) -> None:
    assert is_pooled(session(told, own)) is pooled


@pytest.mark.parametrize(
    ("kind", "name", "grant"),
    [
        ("owner", "public.t of the boss", 'GRANT "the boss" TO "me"'),
        ("role", "boss", 'GRANT "boss" TO "me"'),
        ("create", 'boss on schema "Sales"', 'GRANT CREATE ON SCHEMA "Sales" TO "boss"'),
        ("create", "boss on tablespace fast", 'GRANT CREATE ON TABLESPACE "fast" TO "boss"'),
        ("references", "public.o, for fk", 'GRANT REFERENCES ON public.o TO "me"'),
    ],
)
def test_a_right_that_a_swap_lacks_has_a_grant(kind: str, name: str, grant: str) -> None:
    twice = [Obstacle(kind, name), Obstacle(kind, name), Obstacle("label", "t")]
    assert swap_grants(twice, "me") == [grant]
