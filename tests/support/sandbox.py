"""The sandbox as the source of the engine's tests."""

from tableferry_sandbox.testing import SqlServer

USER = "sync_reader"
PASSWORD = "Canary-7f3a'{};"
"""Awkward on purpose, and easy to find if it leaks."""
SAMPLE_DATABASES = ("McTM", "VoipDB")


class Sandbox(SqlServer):
    """A sandbox that can be both of the deployment's sources."""

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that make it both of the deployment's sources."""
        variables = {}
        for database in SAMPLE_DATABASES:
            prefix = f"SQL_SERVER_{database.upper()}_"
            variables |= {
                f"{prefix}HOST": self.host,
                f"{prefix}PORT": str(self.port),
                f"{prefix}DB": database,
                f"{prefix}USER": self.user,
                f"{prefix}PASSWORD": self.password,
            }
        return variables
