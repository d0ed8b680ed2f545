"""An embedded stand-in for SQL Server that speaks TDS: for demos, tests and benchmarks."""


class SandboxError(Exception):
    """A server cannot start or run on this machine; ``hint`` says what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
