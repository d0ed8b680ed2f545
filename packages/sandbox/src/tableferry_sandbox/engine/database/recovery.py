"""What identifies a database and its recovery path (sys.database_recovery_status)."""

import uuid
from dataclasses import dataclass, field


def new_guid() -> bytes:
    """Return a new uniqueidentifier in its physical form."""
    return uuid.uuid4().bytes_le


@dataclass(eq=False)
class RecoveryStatus:
    """``fork`` changes with each restore; ``first_fork`` is that which the database began with."""

    guid: bytes = field(default_factory=new_guid)
    family: bytes = field(default_factory=new_guid)
    first_fork: bytes = field(default_factory=new_guid)
    fork: bytes = b""
    forked_at: int | None = None

    def __post_init__(self) -> None:
        self.fork = self.fork or self.first_fork

    def restored(self, position: int) -> "RecoveryStatus":
        """Return the status after a restore, at a place in the log."""
        return RecoveryStatus(self.guid, self.family, self.first_fork, new_guid(), position)
