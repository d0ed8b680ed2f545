"""Values on their way: each column's Arrow array becomes what COPY BINARY needs, exactly."""

from tableferry.values.converter import Converter, TextsAlteredError
from tableferry.values.kinds import target_schema
from tableferry.values.refusals import Refusal, Refusals

__all__ = ["Converter", "Refusal", "Refusals", "TextsAlteredError", "target_schema"]
