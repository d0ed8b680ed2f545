"""AWS as the vault of the settings: Secrets Manager, Parameter Store, IAM tokens for RDS."""

import re
from typing import Final

from tableferry.aws.clients import Clients
from tableferry.errors import ConfigError

_ARN: Final = re.compile(r"arn:[^:]+:(?:secretsmanager|ssm):(?P<region>[^:]+):")
_RDS_HOST: Final = re.compile(r"\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.rds\.amazonaws\.com")


class AwsVault:
    """Secrets of AWS; its SDK is imported with the first one.

    Nothing is cached: a secret that was rotated is read anew.
    """

    def __init__(self, clients: Clients | None = None) -> None:
        self._clients = clients or Clients()

    def secret(self, reference: str) -> str:
        """Return the text behind ``secretsmanager:<arn or name>`` or ``ssm:<name or arn>``."""
        kind, _, name = reference.partition(":")
        region = _region(_ARN.match(name))
        if not name:
            raise ConfigError(f"{reference} names nothing", hint="secretsmanager:NAME or ssm:NAME")
        if kind == "ssm":
            return self._parameter(name, region)
        permission = "secretsmanager:GetSecretValue (and kms:Decrypt with its key)"
        with self._clients.asking("secretsmanager", reference, permission, region) as client:
            text = client.get_secret_value(SecretId=name).get("SecretString")
        if not isinstance(text, str):
            raise ConfigError(f"{reference} holds no text", hint="Keep it as a string.")
        return text

    def token(self, host: str, port: int, user: str) -> str:
        """Return an IAM token, valid for 15 minutes; it is signed locally, without a request."""
        what = f"A token for {user} at {host}"
        region = _region(_RDS_HOST.search(host))
        with self._clients.asking("rds", what, "rds-db:connect", region) as client:
            token: str = client.generate_db_auth_token(DBHostname=host, Port=port, DBUsername=user)
        return token

    def _parameter(self, name: str, region: str) -> str:
        permission = "ssm:GetParameter (and kms:Decrypt with its key)"
        with self._clients.asking("ssm", f"ssm:{name}", permission, region) as client:
            return str(client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])


def _region(found: re.Match[str] | None) -> str:
    return found["region"] if found else ""
