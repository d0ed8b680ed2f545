"""Connecting to PostgreSQL: what an error of the driver itself may say."""

import traceback

import pytest
from pydantic import SecretStr

from tableferry.config import Login
from tableferry.errors import TableferryError
from tableferry.postgres import connect
from tests.support.specs import target_settings


def test_an_undocumented_error_of_the_driver_is_withheld_since_it_may_quote_the_password() -> None:
    """The settings refuse such a text, but a login that a secret store returns later is another."""
    stored = Login("postgres", SecretStr("canary-stored\ud800"))
    with pytest.raises(TableferryError) as raised:
        connect(target_settings().with_login_source(lambda _refused: stored))
    assert "the driver failed to connect: UnicodeEncodeError at " in raised.value.message
    assert "canary-stored" not in "".join(traceback.format_exception(raised.value))
