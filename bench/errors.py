"""Errors of a benchmark: one is reported with its group, and the other groups go on."""


class BenchError(Exception):
    """A measurement failed; the message has the output of what failed."""


class NotInstalledError(BenchError):
    """A program that a measurement needs is not installed; the message says how to install it."""
