"""Arguments that cannot be parsed: refused like any other request, in the format asked for."""

from collections import Counter
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from tableferry.frontend.command import Style, run_command
from tableferry.frontend.wrong_use import wrong_use
from tableferry.model.counting import counted


def _without_types(parameters: list[Any]) -> list[Any]:
    """Take ``<bool>`` out of the help text of options that take no value."""
    for parameter in parameters:
        if isinstance(parameter, TyperOption) and parameter.is_flag:
            parameter.metavar = ""
    return parameters


class Group(TyperGroup):
    """The command itself, whose help text shows a type only where an option takes a value.

    It knows whether JSON is wanted where it is not known of which command.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with those for help and completion."""
        return _without_types(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse what stands before the command; see ``Command.parse_args``."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            error.wants_json = _names_json(given)  # type: ignore[attr-defined]
            raise

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command; an error for an unknown one carries ``wants_json``."""
        try:
            return super().resolve_command(ctx, args)
        except typer.TyperException as error:
            error.wants_json = _names_json(args)  # type: ignore[attr-defined]
            raise


class Command(TyperCommand):
    """A command that knows whether JSON is wanted even where its arguments cannot be parsed."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the parameters, with the one for help."""
        return _without_types(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse arguments; an error for those that do not fit carries ``wants_json``."""
        given = list(args)
        try:
            self._require_single(ctx, args)
            return super().parse_args(ctx, args)
        except typer.TyperException as error:
            error.wants_json = self._wants_json(ctx, given)  # type: ignore[attr-defined]
            # The parser's own errors, such as a missing value, do not say whose usage to show.
            error.ctx = ctx  # type: ignore[attr-defined]
            raise

    def _require_single(self, ctx: Any, args: list[str]) -> None:
        """Refuse an option with one value that is given twice: the first would be ignored."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        for option, times in Counter(map(id, order)).items():
            (parameter, *_) = [one for one in order if id(one) == option]
            if times > 1 and not (parameter.multiple or getattr(parameter, "is_flag", False)):
                name = parameter.opts[0]
                ctx.fail(f"{name} is given {counted(times, 'time')}, and takes one value")

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


def _names_json(args: list[str]) -> bool:
    """Whether ``--json`` is among arguments that no parser knows: every command spells it so."""
    return "--json" in args[: args.index("--") if "--" in args else None]


def refuse(error: typer.TyperException) -> int:
    """Print why arguments are refused; returns the exit code."""
    message = error.format_message()
    if not message:
        return error.exit_code  # no argument at all: the help text has been printed
    context = getattr(error, "ctx", None)
    usage = " ".join(context.get_usage().split()) if context else "Usage: tableferry COMMAND"

    def work(_: object) -> dict[str, str]:
        raise wrong_use(message, hint=f"{usage}; see --help.")

    return run_command(work, Style(as_json=getattr(error, "wants_json", False)))
