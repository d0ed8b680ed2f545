"""The refusal of arguments that cannot be parsed: by the command and by the scripts."""

import re
from typing import Final

from tableferry.errors import ConfigError

_URL: Final = re.compile(r"://.*", re.DOTALL)
"""From a URL's host on, to the end: a password in it may have spaces, quotes and line breaks."""


def wrong_use(message: str, hint: str) -> ConfigError:
    """Return the refusal; ``message`` is the parser's, which quotes what it was given.

    Nothing is quoted of a URL but its scheme: it may have a password.
    """
    return ConfigError(f"Wrong use: {_URL.sub('://...', message)}", hint=hint)
