"""Source and target as the API takes them, made into ``Settings``."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tableferry.config import Settings, SourceSettings, TargetSettings
from tableferry.config.connection_urls import source_from_url, target_from_url
from tableferry.errors import ConfigError

if TYPE_CHECKING:
    from tableferry.postgres.caller_connection import CallerConnection

OneSource = str | SourceSettings
Source = OneSource | Mapping[str, OneSource]
"""A URL or settings; or one of these for each ``db_type``."""


def settings_for(
    db_types: Sequence[str],
    source: Source | None,
    target: "str | TargetSettings | CallerConnection | None",
    settings: Settings | None,
) -> Settings:
    """Return the settings for tables of these sources; raises ConfigError, which quotes no URL.

    A single source serves every table, unless the tables name more than one.
    """
    if settings is not None and source is None and target is None:
        found = settings
    elif settings is None and source is not None and target is not None:
        found = Settings(_sources(db_types, source), as_target(target))
    else:
        raise ConfigError(
            "The call names its connections twice, or not at all",
            hint="Pass source and target, or settings.",
        )
    missing = [name for name in db_types if name not in found.sources]
    if missing:
        raise ConfigError(
            f"No source is named {', '.join(missing)}",
            hint=f"The sources are: {', '.join(found.sources)}. A table names its own by db_type.",
        )
    return found


def as_source(source: object) -> SourceSettings:
    """Return one source's settings; raises ConfigError."""
    if isinstance(source, SourceSettings):
        return source
    if isinstance(source, str):
        return source_from_url(source)
    raise ConfigError(
        f"The source is a {type(source).__name__}",
        hint="Pass a URL (mssql://user:password@host:1433/database) or SourceSettings.",
    )


def as_target(target: object) -> TargetSettings:
    """Return the target's settings; raises ConfigError, TransientError where it cannot be asked."""
    if isinstance(target, TargetSettings):
        return target
    if isinstance(target, str):
        return target_from_url(target)
    # Not at the top: settings and URLs need no driver.
    from tableferry.postgres.caller_connection import settings_of  # noqa: PLC0415

    return settings_of(target)


def _sources(db_types: Sequence[str], source: Source) -> dict[str, SourceSettings]:
    if isinstance(source, Mapping):
        if not all(isinstance(name, str) for name in source):
            raise ConfigError(
                "A source's name is not a text", hint="The keys of source are the tables' db_type."
            )
        return {name: as_source(one) for name, one in source.items()}
    if len(db_types) > 1:
        raise ConfigError(
            f"The tables name {len(db_types)} sources and one was given",
            hint=f"Pass source as a dict with the keys {', '.join(db_types)}.",
        )
    return dict.fromkeys(db_types, as_source(source))
