"""Messages about a value: computed columns, views and ``where`` may fail for some rows only."""

from typing import Final

from tableferry.errors import DataError
from tableferry.sqlserver.messages.known import KnownMessage, messages

_CONVERT: Final = (
    "A computed column, the view or 'where' could not convert a value in the source. Nothing was "
    "changed."
)
_OVERFLOW: Final = (
    "A computed column, the view or 'where' overflowed in the source. Nothing was changed."
)
_CALCULATE: Final = (
    "A computed column, the view or 'where' cannot calculate with a value in the source. Nothing "
    "was changed."
)

VALUES: Final[tuple[KnownMessage, ...]] = (
    *messages(
        DataError,
        _CONVERT,
        "210 Conversion failed when converting datetime from binary/varbinary string",
        "235 Cannot convert a char value to money. The char value has incorrect syntax",
        "241 Conversion failed when converting date and/or time from character string",
        "245 Conversion failed when converting the … value '…' to data type",
        "245 Conversion failed when converting",
        "293 Cannot convert char value to smallmoney. The char value has incorrect syntax",
        "295 Conversion failed when converting character string to smalldatetime data type",
        "518 Cannot convert data type … to",
        "6522 A .NET Framework error occurred during execution of user-defined routine or "
        "aggregate",
        "8114 Error converting data type … to",
        "8169 Conversion failed when converting from a character string to uniqueidentifier",
        "8170 Insufficient result space to convert uniqueidentifier value to char",
        "9400 XML parsing:",
        '9803 Invalid data for type "…"',
        "9807 The input character string does not follow style",
        "13609 JSON text is not properly formatted",
        names_only=False,
    ),
    *messages(
        DataError,
        _OVERFLOW,
        "220 Arithmetic overflow error for data type …, value =",
        "232 Arithmetic overflow error for type …, value =",
        "234 There is insufficient result space to convert a money value to",
        "236 The conversion from char data type to money resulted in a money overflow error",
        "242 The conversion of a … data type to a … data type resulted in an out-of-range value",
        "244 The conversion of the … value '…' overflowed an … column",
        "248 The conversion of the … value '…' overflowed an int column",
        "294 The conversion from char data type to smallmoney data type resulted in a smallmoney "
        "overflow error",
        "296 The conversion of char data type to smalldatetime data type resulted in an "
        "out-of-range smalldatetime value",
        "298 The conversion from datetime data type to smalldatetime data type resulted in a "
        "smalldatetime overflow error",
        "517 Adding a value to a '…' column caused an overflow",
        "535 The … function resulted in an overflow",
        "542 An invalid datetime value was encountered",
        "1007 The number '…' is out of the range for numeric representation",
        "2628 String or binary data would be truncated in table '…', column '…'",
        "3606 Arithmetic overflow occurred",
        "8115 Arithmetic overflow error converting … to data type",
        "8115 Arithmetic overflow error",
        "8152 String or binary data would be truncated",
        names_only=False,
    ),
    *messages(
        DataError,
        "A computed column, the view or 'where' divides by zero in the source. Nothing was "
        "changed.",
        "3607 Division by zero occurred",
        "8134 Divide by zero error",
    ),
    *messages(
        DataError,
        _CALCULATE,
        "289 Cannot construct data type …, some of the arguments have values which are not valid",
        "512 Subquery returned more than 1 value",
        "530 The statement terminated. The maximum recursion … has been exhausted",
        "536 Invalid length parameter passed to the … function",
        "537 Invalid length parameter passed to the LEFT or SUBSTRING function",
        "3623 An invalid floating point operation occurred",
        "511 Cannot create a row of size … which is greater than the allowable maximum row size",
        "599 …: The length of the result exceeds the length limit (2GB) of the target large type",
        names_only=False,
    ),
)  # fmt: skip
"""What fails in the source because of what a row holds; such a text may quote the value."""
