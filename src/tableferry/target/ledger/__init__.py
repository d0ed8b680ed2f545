"""The ledger: tableferry's own tables in the target, in the schema ``tableferry``."""

from tableferry.target.ledger.migrate import SCHEMA, migrate

__all__ = ["SCHEMA", "migrate"]
