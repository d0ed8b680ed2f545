"""The version of tableferry, where the engine may read it without the public names."""

VERSION = "0.1.0"
"""As in pyproject.toml."""
