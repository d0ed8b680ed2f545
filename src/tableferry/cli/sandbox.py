"""The commands that need the sandbox package: demo and sandbox."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tableferry.cli.shared import needs_extra
from tableferry.errors import ConfigError
from tableferry.frontend.command import Style, run_command

if TYPE_CHECKING:
    from tableferry.cli.demo import DemoReport
    from tableferry.frontend.execute import RunCallbacks
    from tableferry.frontend.response import Result
    from tableferry.frontend.view import View


class SandboxTls(StrEnum):
    """What the SQL Server stand-in does about a client's encryption."""

    OPTIONAL = "optional"
    REQUIRED = "required"
    OFF = "off"


Scale = Annotated[
    float, typer.Option(min=0.01, max=1000, help="How much sample data: 1 is 8,800 rows.")
]


def demo(scale: Scale = 1.0) -> int:
    """Start a SQL Server stand-in and a PostgreSQL, sync four tables, compare every value."""

    def work(callbacks: "RunCallbacks") -> "DemoReport":
        with needs_extra("sandbox"):
            from tableferry.cli.demo import run_demo
        return run_demo(scale, callbacks)

    def show(view: "View", report: Any) -> None:
        from tableferry.cli.demo import show_demo

        show_demo(view, report)

    return run_command(work, Style(prints_itself=True), show=show)


def sandbox(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 14330,
    scale: Scale = 1.0,
    tls: Annotated[SandboxTls, typer.Option(help="Whether clients may or must encrypt.")] = (
        SandboxTls.OPTIONAL
    ),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print where it listens as JSON.")
    ] = False,
) -> int:
    """Run the SQL Server stand-in alone, with sample data, until it is stopped."""

    def work(_: "RunCallbacks") -> "Result":
        with needs_extra("sandbox"):
            from tableferry_sandbox import SandboxError
            from tableferry_sandbox.command import serve
        try:
            serve(port=port, scale=scale, tls=tls.value, as_json=as_json)
        except SandboxError as error:
            raise ConfigError(error.message, hint=error.hint) from error
        return {}

    return run_command(work, Style(as_json=as_json, prints_itself=True))
