"""``python -m tableferry``."""

from tableferry.cli import main

main()
