"""Questions to a person at a terminal, each of which has an option that answers it."""

import sys
from dataclasses import dataclass

from tableferry.cli.connecting import Ask, ask_in_terminal
from tableferry.errors import ConfigError, ErrorReport, TableferryError


@dataclass(frozen=True, slots=True)
class Questions:
    """Asks on stderr, since stdout is for results; ``password`` None: nobody is there to answer."""

    password: Ask | None

    @classmethod
    def here(cls, *, wanted: bool) -> "Questions":
        """Return the questions to who sits at the terminal, or to nobody."""
        return cls(ask_in_terminal() if wanted else None)

    @property
    def are_answered(self) -> bool:
        """Whether there is a terminal."""
        return self.password is not None

    def text(self, question: str, option: str, default: str = "") -> str:
        """Return the answer, or the default for an empty one.

        Raises ConfigError that names the option where nobody can answer, or nothing was typed.
        """
        if self.password is None:
            if default:
                return default
            raise ConfigError(
                f"{option} is missing", hint=f"Pass {option}: there is nobody to ask for it."
            )
        shown = f"{question} [{default}]: " if default else f"{question}: "
        while True:
            print(shown, end="", file=sys.stderr, flush=True)
            line = sys.stdin.readline()
            if not line:
                raise ConfigError("The questions were not answered", hint="Nothing was written.")
            if answer := line.strip() or default:
                return answer

    def agreed(self, question: str) -> bool:
        """Whether the answer is yes, as it is where nobody is asked."""
        if self.password is None:
            return True
        return self.text(f"{question} yes or no", "--yes", "yes").lower() in {"y", "yes"}


def tell(text: str) -> None:
    """Say what has been found out, between the questions."""
    from tableferry.report.console import console, plain

    console(stderr=True).print(plain(text), soft_wrap=True)


def show_error(error: TableferryError) -> None:
    """Show why a question is asked again."""
    from tableferry.report.console import show_error as show

    show(ErrorReport.of(error))
    sys.stderr.flush()
