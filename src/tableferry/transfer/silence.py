"""How long the source may send nothing: less while readers of the target wait for a load."""

from dataclasses import dataclass

from tableferry.config import TableSpec
from tableferry.errors import TransientError


@dataclass(frozen=True, slots=True)
class SilenceLimit:
    """So many seconds, by a key of the entry, after which the source is given up.

    ``locked``: the load holds a lock on its target that readers wait for.
    """

    seconds: float
    locked: bool = False

    def error(self) -> TransientError:
        """Return the error of a source that has said nothing for so long."""
        silent = f"The source has said nothing for {self.seconds:g} seconds"
        if not self.locked:
            return TransientError(
                silent,
                hint="Nothing was changed. See what the source is busy with; 'statement_timeout' "
                "says how long is waited.",
            )
        return TransientError(
            f"{silent} while readers of the target had to wait",
            hint="The load was rolled back, so that they see the old rows. See what the source is "
            "busy with; 'stall_timeout' says how long is waited. With 'publish': 'swap' or 'merge' "
            "readers do not wait for a load.",
        )


def silence_limit(spec: TableSpec, *, locked: bool) -> SilenceLimit:
    """Return the limit of an entry; ``locked``: a load holds a lock that readers wait for."""
    if locked and 0 < spec.stall_timeout < spec.statement_timeout:
        return SilenceLimit(spec.stall_timeout, locked=True)
    return SilenceLimit(spec.statement_timeout)
