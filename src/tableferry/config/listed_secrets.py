"""The secrets of any number of sources in two variables, as a template of AWS can set them.

CloudFormation cannot make the name of a variable from a parameter: a stack whose sources are a list
has one variable with their names and one with their secrets, in the same order.
"""

from collections.abc import Mapping
from typing import Final

from tableferry.errors import ConfigError
from tableferry.model.counting import counted

NAMES: Final = "SQL_SERVER_NAMES"
SECRETS: Final = "SQL_SERVER_SECRETS"


def listed_secrets(variables: Mapping[str, str]) -> dict[str, str]:
    """Return ``SQL_SERVER_<NAME>_SECRET`` for each source of the two lists.

    Raises ConfigError where the lists do not fit together.
    """
    names = [name.upper() for name in _items(variables, NAMES)]
    secrets = _items(variables, SECRETS)
    if len(names) != len(secrets):
        raise _refused(
            f"{NAMES} has {counted(len(names), 'name')}, "
            f"{SECRETS} has {counted(len(secrets), 'secret')}"
        )
    for name in names:
        if names.count(name) > 1:
            raise _refused(f"{NAMES} is not valid: it names {name.lower()} twice")
    pairs = zip(names, secrets, strict=True)
    return {f"SQL_SERVER_{name}_SECRET": secret for name, secret in pairs}


def _items(variables: Mapping[str, str], variable: str) -> list[str]:
    text = variables.get(variable, "")
    items = [item.strip() for item in text.split(",")] if text.strip() else []
    if not all(items):
        raise _refused(f"{variable} is not valid: an item is empty")
    return items


def _refused(problem: str) -> ConfigError:
    return ConfigError(
        problem, hint="Both are separated by commas, in the same order: a secret for each name."
    )
