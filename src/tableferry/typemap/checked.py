"""The checked conversions: into types that hold only some values of a source type, or alter them.

``CHECKED`` is a table of data, as ``RULES`` is, and printed in ``docs/types.md``. A row without
``on_request`` applies by itself, as it alters nothing but the blanks that pad a char. Every other
has to be asked for in ``type_overrides``: each value is then checked, and a row with a value that
does not pass is refused (see ``on_invalid``); what the values that do pass may lose is declared in
the plan.

Types whose binary form COPY would have to be given piece by piece (inet, cidr, macaddr, interval,
arrays), and decimals made of a float, which has no exact decimal of its own length, are left out.
"""

from dataclasses import dataclass, replace
from typing import Final

from tableferry.model.schema import UNLIMITED, PgType, SourceType
from tableferry.typemap import fitting
from tableferry.typemap.override import AT_UTC
from tableferry.typemap.rule import Conversion, Fits

_CHARACTERS: Final = ("char", "varchar", "nchar", "nvarchar")
_TEXTS: Final = (*_CHARACTERS, "text", "ntext")
_INTEGERS: Final = ("tinyint", "smallint", "int", "bigint")
_DECIMALS: Final = ("decimal", "numeric", "money", "smallmoney")
_MOMENTS: Final = ("smalldatetime", "datetime", "datetime2")

_READ_AS: Final = {
    "text": ("CAST({} AS varchar(max))", SourceType("varchar", UNLIMITED)),
    "ntext": ("CAST({} AS nvarchar(max))", SourceType("nvarchar", UNLIMITED)),
    "xml": ("CAST({} AS nvarchar(max))", SourceType("nvarchar", UNLIMITED)),
}
"""How the types are read that the driver does not deliver as they are."""

_SPELLING: Final = "the spelling is not kept"
_CUTTING: Final = frozenset({"digits", "midnight"})
"""The steps that cut off the seventh digit of a second; ``datetime`` has three."""

_DIGITS: Final = "digits of the second that the column does not have are cut off"
_OFFSET_AND_DIGITS: Final = f"the instant is kept, the offset is not; {_DIGITS}"


MAX_DECIMAL_DIGITS: Final = 38
"""Digits of Arrow's decimal128."""


@dataclass(frozen=True, slots=True)
class CheckedConversion:
    """One row: the SQL Server types it applies to, and the conversion."""

    sources: tuple[str, ...]
    conversion: Conversion


def _checked(
    fits: Fits,
    accepts: str,
    convert: str = "cast",
    *,
    checks: str = "",
    loss: str = "",
    form: str = "",
    merges: bool = False,
) -> Conversion:
    """Return a conversion that has to be asked for, by the type and the form after it."""
    return Conversion(
        fits,
        f"{accepts} {form}".rstrip(),
        convert=convert,
        loss=loss,
        drops_seventh_digit=convert in _CUTTING and not loss,
        on_request=True,
        form=form,
        checks=checks,
        merges=merges,
    )


def _moment(source: str, fits: Fits, accepts: str, *, form: str = "", loss: str = "") -> Conversion:
    """Return the conversion of a time; with a ``loss``, it may lose digits of the second."""
    convert = "datetime_digits" if source == "datetime" else "digits"
    return _checked(fits, accepts, convert, loss=loss, form=form, merges=bool(loss))


def _same_length(source: SourceType, target: PgType) -> bool:
    """Accept char(n) of the n of a char or nchar: PostgreSQL pads it as SQL Server does."""
    units = source.length // 2 if source.name == "nchar" else source.length
    return target == PgType("bpchar", (units,))


def _limited(name: str) -> Fits:
    """Accept any length of a text type."""
    return lambda _source, target: target.name == name and bool(target.modifier)


def _narrower_decimal(_source: SourceType, target: PgType) -> bool:
    """Accept a numeric of up to 38 digits, which is what Arrow's decimal128 holds."""
    if target.name != "numeric" or not target.modifier:
        return False
    digits, scale = target.modifier
    return 0 <= scale <= digits <= MAX_DECIMAL_DIGITS


def _any_modifier(name: str) -> Fits:
    """Accept this type with any number of digits, or none."""
    return lambda _source, target: target.name == name


CHECKED: Final = (
    CheckedConversion(
        _TEXTS, Conversion(fitting.only("citext"), "citext of the extension", merges=True)
    ),
    *(
        CheckedConversion(
            (source,),
            Conversion(
                _same_length,
                "char(n) of the same n",
                loss=f"PostgreSQL pads to n characters: a text with {longer} gets more blanks",
            ),
        )
        for source, longer in (
            ("char", "characters of several bytes"),
            ("nchar", "characters beyond U+FFFF"),
        )
    ),
    CheckedConversion(
        (*_TEXTS, "xml"),
        _checked(
            _limited("varchar"),
            "varchar(n)",
            "limited",
            checks="it has no more characters than the column",
        ),
    ),
    CheckedConversion(
        _TEXTS,
        _checked(
            _limited("bpchar"),
            "char(n)",
            "limited",
            checks="it has no more characters than the column, blanks at its end not counted",
            loss="PostgreSQL pads char(n) with blanks and ignores blanks at its end",
        ),
    ),
    CheckedConversion(
        _CHARACTERS,
        _checked(
            fitting.only("uuid"),
            "uuid",
            "uuid_of_text",
            checks="it is 32 hexadecimal digits, all hyphens in their places or none, perhaps in "
            "braces",
            loss=f"{_SPELLING} (case, braces, hyphens, blanks at the end)",
            merges=True,
        ),
    ),
    CheckedConversion(
        _CHARACTERS,
        _checked(
            fitting.only("bool"),
            "boolean",
            "boolean_of_text",
            checks="it is 1, t, true, y, yes, on or 0, f, false, n, no, off, in any case",
            loss=_SPELLING,
            merges=True,
        ),
    ),
    CheckedConversion(
        _CHARACTERS,
        _checked(
            _any_modifier("enum"),
            "enum",
            "label",
            checks="it is a label of the type, blanks at its end not counted",
        ),
    ),
    CheckedConversion(
        _TEXTS,
        _checked(
            fitting.only("jsonb"),
            "jsonb",
            "jsonb",
            checks="PostgreSQL accepts it as JSON",
            loss="jsonb keeps neither blanks, the order of keys nor duplicate keys",
            merges=True,
        ),
    ),
    CheckedConversion(
        _TEXTS, _checked(fitting.only("json"), "json", checks="PostgreSQL accepts it as JSON")
    ),
    CheckedConversion(
        _TEXTS,
        _checked(
            fitting.only("xml"),
            "xml",
            "xml_of_text",
            checks="PostgreSQL accepts it as XML, and it declares no encoding but UTF-8",
        ),
    ),
    CheckedConversion(
        _INTEGERS,
        _checked(fitting.only("bool"), "boolean", "zero_or_one", checks="it is 0 or 1"),
    ),
    CheckedConversion(
        ("int", "bigint"),
        _checked(fitting.only("int2", "int4"), "smallint, integer", checks="it is in range"),
    ),
    CheckedConversion(
        ("int", "bigint"),
        _checked(
            fitting.only("float4", "float8"),
            "real, double precision",
            checks="it is at most 2^24 (real) or 2^53 (double precision), positive or negative",
        ),
    ),
    CheckedConversion(
        _DECIMALS,
        _checked(
            fitting.only("int2", "int4", "int8"),
            "smallint, integer, bigint",
            checks="it is a whole number in range",
        ),
    ),
    CheckedConversion(
        (*_INTEGERS, *_DECIMALS),
        _checked(
            _narrower_decimal,
            "numeric(p,s), p up to 38",
            "decimal",
            checks="it has no other digits than the column has room for",
        ),
    ),
    CheckedConversion(
        ("real", "float"),
        _checked(
            fitting.only("int2", "int4", "int8"),
            "smallint, integer, bigint",
            checks="it is a whole number in range",
            loss="the sign of -0.0 is not kept",
            merges=True,
        ),
    ),
    CheckedConversion(
        ("float",),
        _checked(
            fitting.only("float4"), "real", "single", checks="it has an equal of single precision"
        ),
    ),
    CheckedConversion(
        _MOMENTS, _checked(fitting.only("date"), "date", "midnight", checks="its time is midnight")
    ),
    *(
        CheckedConversion(
            (source,),
            _moment(
                source,
                fitting.time_type("timestamptz"),
                "timestamptz with as many digits",
                form=AT_UTC,
            ),
        )
        for source in ("date", *_MOMENTS)
    ),
    *(
        CheckedConversion(
            (source,),
            _moment(source, _any_modifier(target), f"{target}(n)", form=form, loss=_DIGITS),
        )
        for source, target, form in (
            ("time", "time", ""),
            ("datetime", "timestamp", ""),
            ("datetime2", "timestamp", ""),
            ("datetime", "timestamptz", AT_UTC),
            ("datetime2", "timestamptz", AT_UTC),
        )
    ),
    *(
        CheckedConversion(
            ("datetimeoffset",),
            _moment("", _any_modifier(target), f"{target}(n)", form=form, loss=_OFFSET_AND_DIGITS),
        )
        for target, form in (("timestamptz", ""), ("timestamp", AT_UTC))
    ),
)
"""The checked conversions, each after those of ``RULES`` and in this order."""


def checked_conversions(source: str) -> tuple[Conversion, ...]:
    """Return the checked conversions of a SQL Server type."""
    select, arrives = _READ_AS.get(source, ("{}", None))
    return tuple(
        replace(row.conversion, select=select, arrives=arrives)
        for row in CHECKED
        if source in row.sources
    )
