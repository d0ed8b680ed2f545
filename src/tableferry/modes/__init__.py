"""Modes: what a run reads, and what may be concluded from it. One module a mode."""

from typing import Final

from tableferry.config import TableSpec
from tableferry.modes.change_tracking import CHANGE_TRACKING
from tableferry.modes.extract import Ask, Extract, Mode
from tableferry.modes.full import FULL
from tableferry.modes.rowversion import ROWVERSION
from tableferry.modes.watermark_column import WATERMARK

__all__ = ["MODES", "Ask", "Extract", "Mode", "mode_of"]

MODES: Final[dict[str, Mode]] = {
    mode.name: mode for mode in (FULL, CHANGE_TRACKING, ROWVERSION, WATERMARK)
}
"""Every mode by its name: a mode that is listed here can be configured."""


def mode_of(spec: TableSpec) -> Mode:
    """Return the mode of a table."""
    return MODES[spec.mode]
