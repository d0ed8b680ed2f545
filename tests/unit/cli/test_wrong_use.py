"""Arguments that are refused: what they were is told, but no URL, which may have a password."""

import pytest
import typer
from typer.main import get_command

from tableferry.cli import app
from tableferry.cli.parsing import refuse
from tableferry.errors import ConfigError
from tableferry.frontend.scripts import Parser

SECRET = "s3cret 'pass\nword"
URL = f"postgresql://loader:{SECRET}@db.example/warehouse"


def by_command(*arguments: str) -> int:
    with pytest.raises(typer.TyperException) as caught:
        get_command(app).main(list(arguments), "tableferry", standalone_mode=False)
    return refuse(caught.value)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("copy", "mssql://a@h/d", "postgresql://b@h/d", "--table=x", URL),
            "unexpected extra argument",
        ),
        ((URL,), "No such command"),
        (("sync", "--config", "a", "--config", "b", URL), "is given 2 times"),
    ],
)
def test_a_password_is_not_shown_by_the_command_that_refuses_it(
    arguments: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert by_command(*arguments) == 2
    shown = "".join(capsys.readouterr())
    assert told in shown
    assert not any(part in shown for part in ("s3cret", "word@", "loader"))


def test_a_password_is_not_shown_by_a_script_that_refuses_it() -> None:
    with pytest.raises(ConfigError, match=r"unrecognized arguments: postgresql://\.\.\.$"):
        Parser().parse_args([URL])


def test_what_is_no_url_is_told_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert by_command("sync", "custmer") == 2
    assert "(custmer)" in capsys.readouterr().err
