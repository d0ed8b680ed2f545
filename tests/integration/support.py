"""What the tests of loading share."""

from tableferry.config import TargetSettings
from tests.support.databases import PgDatabase


def settings_of(database: PgDatabase) -> TargetSettings:
    """The settings that name this database as the target."""
    return TargetSettings(
        prefix="PG_",
        host=database.host,
        port=database.port,
        db=database.name,
        user=database.user,
        password=database.password,
    )
