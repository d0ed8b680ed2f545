"""Modes: what a run reads, and what may be concluded from it. One module a mode."""

from typing import Final

from tableferry.modes.extract import Ask, Extract, Mode
from tableferry.modes.full import FULL

__all__ = ["MODES", "Ask", "Extract", "Mode"]

MODES: Final[dict[str, Mode]] = {mode.name: mode for mode in (FULL,)}
"""Every mode by its name: a mode that is listed here can be configured."""
