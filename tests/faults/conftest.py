"""The sandbox with its sample, as the integration tests have it."""

from tests.integration.conftest import running_sandbox, sandbox, table_in

__all__ = ["running_sandbox", "sandbox", "table_in"]
