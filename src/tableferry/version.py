"""The version of tableferry, where the engine may read it without the public names."""

from typing import Final

VERSION: Final = "0.1.0"
"""As in pyproject.toml."""
