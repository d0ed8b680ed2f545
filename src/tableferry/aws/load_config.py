"""How the deployment's configuration is handed in: a function that reads it when it is needed."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tableferry.config import Settings, TableSpec


class Config(Protocol):
    """The configuration of the tables that a request names."""

    @property
    def tables(self) -> Sequence["TableSpec"]: ...  # noqa: D102 - in sync order

    @property
    def warnings(self) -> tuple[str, ...]: ...  # noqa: D102 - what is to be told of its patterns

    @property
    def settings(self) -> "Settings": ...  # noqa: D102 - where their databases are

    @property
    def complete(self) -> bool: ...  # noqa: D102 - whether these are all tables that are wanted


LoadConfig = Callable[[Sequence[str] | None], Config]

ConfiguredNames = Callable[[], Collection[str]]
"""Returns the keys that a request may name; raises ConfigError or TransientError."""
