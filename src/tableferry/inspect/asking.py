"""Questions asked one by one, each answer passed on as it comes.

A check of a hundred tables takes a minute: whoever watches sees each table's result at once, and
what is being asked meanwhile.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Asking:
    """A database or a table is about to be asked: ``number`` (from 1) of ``count`` such ones."""

    name: str
    number: int
    count: int


OnAnswer = Callable[[object], None]
"""Gets an ``Asking`` before each question, and after it the answer itself."""


def no_listener(_: object) -> None:
    """Do nothing."""


def ask_each(
    asked: Sequence[T],
    name: Callable[[T], str],
    ask: Callable[[T], Answer],
    on_answer: OnAnswer = no_listener,
) -> tuple[Answer, ...]:
    """Ask about one after the other; return the answers in this order."""
    answers = []
    for number, one in enumerate(asked, 1):
        on_answer(Asking(name(one), number, len(asked)))
        answers.append(ask(one))
        on_answer(answers[-1])
    return tuple(answers)
