"""Whether what is in the target is what is in the source."""

from tableferry.verify.rows import Comparison, compare_rows

__all__ = ["Comparison", "compare_rows"]
