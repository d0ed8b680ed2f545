"""Optional parts of the installation, named where a command lacks them."""

import contextlib
from collections.abc import Iterator

from tableferry.errors import ConfigError


@contextlib.contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Import what the extra brings; raises ConfigError that says how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "tableferry":
            raise
        raise ConfigError(
            f"{error.name} is not installed; it comes with the extra {extra!r}",
            hint=f"pip install 'tableferry[{extra}]', or '.[{extra}]' in a checkout.",
        ) from error
