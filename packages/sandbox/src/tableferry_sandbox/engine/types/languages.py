"""SET LANGUAGE: the languages whose messages are English.

The others have messages, months and days of their own, which the sandbox does not know.
"""

from typing import Final, NamedTuple

from tableferry_sandbox.engine.errors import unsupported
from tableferry_sandbox.events import SqlError

_MONTHS: Final = (
    "January,February,March,April,May,June,July,August,September,October,November,December"
)
_SHORT_MONTHS: Final = "Jan,Feb,Mar,Apr,May,Jun,Jul,Aug,Sep,Oct,Nov,Dec"
_DAYS: Final = "Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday"


class Language(NamedTuple):
    """A language as ``sys.syslanguages`` lists it, column by column."""

    langid: int
    dateformat: str
    datefirst: int
    upgrade: int
    name: str
    alias: str
    months: str
    shortmonths: str
    days: str
    lcid: int
    msglangid: int


LANGUAGES: Final = (
    Language(
        0, "mdy", 7, 0, "us_english", "English", _MONTHS, _SHORT_MONTHS, _DAYS, 1033, 1033
    ),
    Language(
        23, "dmy", 1, 0, "British", "British English", _MONTHS, _SHORT_MONTHS, _DAYS, 2057, 1033
    ),
)  # fmt: skip

_OTHERS: Final = frozenset(
    name.lower()
    for name in (
        "Deutsch", "German", "Français", "French", "日本語", "Japanese", "Dansk", "Danish",
        "Español", "Spanish", "Italiano", "Italian", "Nederlands", "Dutch", "Norsk", "Norwegian",
        "Português", "Portuguese", "Suomi", "Finnish", "Svenska", "Swedish", "čeština", "Czech",
        "magyar", "Hungarian", "polski", "Polish", "română", "Romanian", "hrvatski", "Croatian",
        "slovenčina", "Slovak", "slovenski", "Slovenian", "ελληνικά", "Greek", "български",
        "Bulgarian", "русский", "Russian", "Türkçe", "Turkish", "eesti", "Estonian", "latviešu",
        "Latvian", "lietuvių", "Lithuanian", "Português (Brasil)", "Brazilian", "繁體中文",
        "Traditional Chinese", "한국어", "Korean", "简体中文", "Simplified Chinese", "Arabic",
        "ไทย", "Thai", "norsk (bokmål)", "Bokmål",
    )
)  # fmt: skip
"""Names and aliases of the other languages of SQL Server (sys.syslanguages)."""

_BY_NAME: Final = {
    word.lower(): language for language in LANGUAGES for word in (language.name, language.alias)
}


def language_of(options: dict[str, str]) -> Language:
    """Return the language of a session with these options."""
    return _BY_NAME[options["language"].lower()]


def find_language(name: str) -> Language:
    """Return a language by its name or alias; raises 2740, 50000 for one that is not English."""
    found = _BY_NAME.get(name.lower())
    if found is not None:
        return found
    if name.lower() in _OTHERS:
        raise unsupported(f"the language {name}: only us_english and British")
    raise SqlError(
        2740,
        f"SET LANGUAGE failed because '{name}' is not an official language name or a language "
        "alias on this SQL Server.",
    )
