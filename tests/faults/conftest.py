"""The sandbox with its sample, as the integration tests have it."""

from tests.integration.conftest import running_sandbox, sandbox, table_in
from tests.integration.fanout.conftest import fan_out

__all__ = ["fan_out", "running_sandbox", "sandbox", "table_in"]
