"""Clients of AWS services: boto3, imported when first used, and its errors translated to ours.

boto3 is a part of Lambda's runtime; elsewhere ``pip install 'tableferry[aws]'`` installs it. It
finds the account, region and role as always: the environment, a profile, the function's role.
"""

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any, Final

from tableferry.errors import ConfigError, TableferryError, TransientError, kind_and_place

CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 10
"""Our requests take well under a second; boto3's default of 60 s could outlast the invocation."""

ATTEMPTS: Final = 3

BUSY: Final = frozenset({"InternalServiceError", "InternalServerError", "InternalFailure",
                         "ServiceUnavailable", "ThrottlingException", "Throttling",
                         "RequestLimitExceeded"})  # fmt: skip
"""Error codes of services for: try the same request again later."""


class Clients:
    """Clients of AWS services, each created when first needed."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], Any] = {}

    @contextlib.contextmanager
    def asking(self, service: str, what: str, permission: str, region: str = "") -> Iterator[Any]:
        """Yield the service's client for the request ``what``, which needs ``permission``.

        Raises ConfigError or TransientError, with only the code or type of AWS's error: its text
        may quote what was sent. Whatever else the SDK raises becomes a TableferryError likewise.
        """
        exceptions = _module("botocore.exceptions")
        try:
            yield self._client(service, region)
        except exceptions.ClientError as error:
            raise _refused(what, permission, error) from None
        except (exceptions.NoRegionError, exceptions.NoCredentialsError) as error:
            raise ConfigError(
                f"{what}: {type(error).__name__}",
                hint="Set AWS_DEFAULT_REGION, and credentials that boto3 finds, such as a role.",
            ) from None
        except exceptions.BotoCoreError as error:
            raise TransientError(
                f"{what}: AWS cannot be reached: {type(error).__name__}",
                hint="A function in a VPC needs a route to it: a NAT gateway, or an interface "
                "endpoint of the service.",
            ) from None
        except TableferryError:
            raise
        except Exception as error:  # noqa: BLE001 - its text may hold a secret, too
            raise TableferryError(
                f"{what}: AWS's SDK failed: {kind_and_place(error)}",
                hint="Please report this; the SDK's own text is withheld, since it may hold a "
                "secret.",
            ) from None

    def _client(self, service: str, region: str) -> Any:
        key = (service, region)
        if key not in self._made:
            config = _module("botocore.config").Config(
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            )
            # A session of our own: boto3's default session is global, and not safe between threads.
            session = _module("boto3").session.Session()
            self._made[key] = session.client(service, region_name=region or None, config=config)
        return self._made[key]


def _refused(what: str, permission: str, error: Any) -> TableferryError:
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in BUSY:
        return TransientError(f"{what}: AWS says {code}", hint="Run it again in a minute.")
    return ConfigError(
        f"{what}: AWS says {code}",
        hint=f"It must exist in this account and region, and the role needs {permission}.",
    )


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ConfigError(
            "AWS's SDK is not installed", hint="pip install 'tableferry[aws]'"
        ) from error
