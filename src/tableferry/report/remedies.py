"""What has to be done, each once: many tables may lack the same schema or right."""

from tableferry.model.counting import counted
from tableferry.report.console import plain, print_indented
from tableferry.report.screen import Screen


class Remedies:
    """Collects what each subject, a database or a table, needs to have done."""

    def __init__(self) -> None:
        self._subjects: dict[str, dict[str, None]] = {}

    def add(self, subject: str, remedy: str) -> None:
        """Take a remedy; "" is none."""
        if remedy:
            self._subjects.setdefault(remedy, {})[subject] = None

    def show(self, screen: Screen, *, failed: bool = True, every: bool = False) -> None:
        """Show each remedy once, as failures are shown where something has ``failed``.

        Where none is for several subjects, each stands with its own already, and nothing is shown
        unless ``every``.
        """
        if not every and all(len(subjects) == 1 for subjects in self._subjects.values()):
            return
        if not self._subjects:
            return
        with screen.printing(failed=failed) as out:
            out.print()
            print_indented(out, "[cyan]To do, each once[/]", 0)
            for remedy, subjects in self._subjects.items():
                count = len(subjects)
                whose = f"[dim]-- for {counted(count, 'table')}[/]\n" if count > 1 else ""
                print_indented(out, f"{whose}{plain(remedy)}", 2)
