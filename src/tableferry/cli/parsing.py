"""Arguments that cannot be parsed: refused like any other request, in the format asked for."""

from typing import Any

import typer
from typer.core import TyperCommand

from tableferry.errors import ConfigError
from tableferry.frontend.command import run_command


class Command(TyperCommand):
    """A command that knows whether JSON is wanted even where its arguments cannot be parsed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments; an error for those that do not fit carries ``wants_json``."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            error.wants_json = self._wants_json(ctx, given)  # type: ignore[attr-defined]
            raise

    def _wants_json(self, ctx: Any, args: list[str]) -> bool:
        """Parse once more, passing over what does not fit: the parser knows what ``--json`` is."""
        lenient = type(ctx)(
            self,
            info_name=ctx.info_name,
            parent=ctx.parent,
            resilient_parsing=True,
            ignore_unknown_options=True,
            allow_extra_args=True,
        )
        super().parse_args(lenient, args)
        return bool(lenient.params.get("as_json"))


def refuse(error: typer.TyperException) -> int:
    """Print why arguments are refused; returns the exit code."""
    message = error.format_message()
    if not message:
        return error.exit_code  # no argument at all: the help text has been printed
    context = getattr(error, "ctx", None)
    usage = " ".join(context.get_usage().split()) if context else "Usage: tableferry --help"

    def work(_: object) -> dict[str, str]:
        raise ConfigError(f"Wrong use: {message}", hint=f"{usage}; see --help.")

    return run_command(work, as_json=getattr(error, "wants_json", False))
