"""The ``tableferry`` command, a module a group of commands.

What a command needs it imports when it is run: ``--help``, ``--version``, ``info`` and completion
load no driver, and no library of a driver's size.
"""

from tableferry.cli.entry import app, main

__all__ = ["app", "main"]
