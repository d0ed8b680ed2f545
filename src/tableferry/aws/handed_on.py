"""What the steps of a verification hand to each other in a state machine's events, read back.

The modules that know these forms are imported when one is read: a cold start needs none of them.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from tableferry.errors import ConfigError


def handed_on(event: Mapping[str, Any]) -> Any:
    """Return what earlier steps have returned; None where the event has nothing of it.

    A ChunkToVerify, a pair of a VerificationBegun and its ChunkVerified, or TableVerifications.
    Raises ConfigError for what they have not.
    """
    if "range" in event:
        from tableferry.fanout import ChunkToVerify

        keys = _range(event["range"])
        return ChunkToVerify(UUID(event["fanout_id"]), event["fingerprint"], event["chunk"], keys)
    if "begun" in event:
        return _begun(event["begun"]), _results(event["results"])
    if "verifications" in event:
        return _verifications(event["verifications"])
    return None


def reads(key: str) -> Callable[[Any], bool]:
    """Return whether a value can be what the key of an event stands for, as a function."""

    def is_right(value: Any) -> bool:
        try:
            _READ[key](value)
        except ConfigError:
            return False
        return True

    return is_right


def _range(form: Any) -> Any:
    from tableferry.model.key_range import KeyRange

    return KeyRange.from_dict(form)


def _begun(form: Any) -> Any:
    from tableferry.fanout import VerificationBegun

    return VerificationBegun.from_dict(form)


def _results(form: Any) -> Any:
    from tableferry.fanout import ChunkVerified

    return tuple(map(ChunkVerified.from_dict, _listed(form)))


def _verifications(form: Any) -> Any:
    from tableferry.verification.result_form import verification_of

    return tuple(map(verification_of, _listed(form)))


def _listed(form: Any) -> list[Any]:
    if not isinstance(form, list):
        raise ConfigError("This is not a list")
    return form


_READ: dict[str, Callable[[Any], Any]] = {
    "range": _range,
    "begun": _begun,
    "results": _results,
    "verifications": _verifications,
}
