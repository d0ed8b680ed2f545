"""Verify that the target holds the same rows as the source."""

from tableferry.verify.rows import Comparison, compare_rows

__all__ = ["Comparison", "compare_rows"]
