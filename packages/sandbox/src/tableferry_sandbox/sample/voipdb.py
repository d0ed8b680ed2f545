"""VoipDB: telephony customers and the user agents (phones) registered for them."""

from typing import Final

from tableferry_sandbox.sample.fills import (
    binaries,
    datetimes,
    decimals,
    flags,
    floats,
    guids,
    hexadecimal,
    joined,
    key,
    numbered,
    offset_stamps,
    one_of,
    padded,
    singles,
    sometimes_null,
    stamps,
    times_of_day,
    whole,
    words,
)
from tableferry_sandbox.sample.tables import SampleColumn, SampleTable

_FIRST_ACCOUNT: Final = 5_000_000_001
"""Over 32 bits, so that code which reads the key as an int fails."""

CUSTOMER: Final = SampleTable(
    config_key="voipdb_customer",
    database="VoipDB",
    name="Customer",
    description="VoipDB customer information",
    pg_table="voipdb_customer",
    primary_key="CustomerID",
    base_rows=1_500,
    salt=21,
    columns=(
        SampleColumn(
            "CustomerID",
            f"bigint IDENTITY({_FIRST_ACCOUNT},1) NOT NULL",
            key("bigint", _FIRST_ACCOUNT),
            awkward=False,
        ),
        SampleColumn(
            "AccountNumber", "varchar(20) NOT NULL", joined("VP", numbered(width=8)), awkward=False
        ),
        SampleColumn(
            "DisplayName",
            "nvarchar(100) NOT NULL",
            joined(
                words("Office", "Готель", "Clínica", "学校", "Lager"), numbered(), separator=" "
            ),
        ),
        SampleColumn("TenantGuid", "uniqueidentifier NOT NULL", guids()),
        SampleColumn(
            "Balance",
            "decimal(19,4) NOT NULL CONSTRAINT [DF_VoipCustomer_Balance] DEFAULT (0)",
            decimals(19, 4, -2_000_0000, 90_000_0000),
        ),
        SampleColumn("MonthlyMinutes", "int NULL", sometimes_null(whole("int", 0, 250_000))),
        SampleColumn("MaxChannels", "smallint NOT NULL", whole("smallint", 1, 480)),
        SampleColumn("BillingDay", "tinyint NULL", sometimes_null(whole("tinyint", 1, 28))),
        SampleColumn(
            "TrunkPrefix",
            "char(6) NULL",
            sometimes_null(padded(joined("0", whole("int", 1, 99)), 6)),
        ),
        SampleColumn("IsSuspended", "bit NOT NULL", flags(20)),
        SampleColumn(
            "ActivatedAt", "datetime NULL", sometimes_null(datetimes("2003-01-01", "2025-12-31"))
        ),
        SampleColumn(
            "SuspendedAt",
            "datetime2(0) NULL",
            sometimes_null(stamps("2010-01-01", "2025-12-31", 0), 2),
        ),
        SampleColumn(
            "Remarks",
            "nvarchar(500) NULL",
            sometimes_null(words("", "сплачено", "see ticket\t42", "call after 17:00"), 2),
        ),
        SampleColumn("Logo", "varbinary(max) NULL", sometimes_null(binaries(120), 3)),
        SampleColumn("RowVer", "rowversion NOT NULL", None),
    ),
)

USER_AGENT: Final = SampleTable(
    config_key="voipdb_useragent",
    database="VoipDB",
    name="UserAgent",
    description="VoipDB user agent data",
    pg_table="voipdb_useragent",
    primary_key="UserAgentID",
    base_rows=5_000,
    salt=22,
    indexes=("CustomerID",),
    columns=(
        SampleColumn("UserAgentID", "int IDENTITY(1,1) NOT NULL", key("int"), awkward=False),
        SampleColumn(
            "CustomerID",
            "bigint NOT NULL",
            whole("bigint", _FIRST_ACCOUNT, _FIRST_ACCOUNT + 1_499),
            awkward=False,
        ),
        SampleColumn("DeviceGuid", "uniqueidentifier NULL", sometimes_null(guids(), 15)),
        SampleColumn(
            "UserAgent",
            "nvarchar(256) NOT NULL",
            one_of(
                [
                    joined("Snom/D785 ", whole("int", 8, 10), ".", whole("int", 0, 99)),
                    joined("Yealink SIP-T", whole("int", 19, 58), "U ", hexadecimal(6)),
                    joined("Linphone-Телефон/", whole("int", 3, 5), ".", whole("int", 0, 20)),
                    words("Asterisk PBX 20.5.0", "FreeSWITCH 📞", "Zoiper rv2.10"),
                ]
            ),
        ),
        SampleColumn("MacAddress", "binary(6) NULL", sometimes_null(binaries(6))),
        SampleColumn(
            "IpAddress",
            "varchar(45) NULL",
            sometimes_null(
                joined(
                    "10.",
                    whole("int", 0, 255),
                    ".",
                    whole("int", 0, 255),
                    ".",
                    whole("int", 1, 254),
                )
            ),
        ),
        SampleColumn("SipPort", "int NOT NULL", whole("int", 1_024, 65_535)),
        SampleColumn("Transport", "char(4) NOT NULL", padded(words("UDP", "TCP", "TLS"), 4)),
        SampleColumn("JitterMs", "real NULL", sometimes_null(singles(0.0, 80.0))),
        SampleColumn("PacketLoss", "float NULL", sometimes_null(floats(0.0, 0.2))),
        SampleColumn("CallCount", "bigint NOT NULL", whole("bigint", 0, 10**12)),
        SampleColumn(
            "IsRegistered",
            "bit NOT NULL CONSTRAINT [DF_UserAgent_IsRegistered] DEFAULT (0)",
            flags(),
        ),
        SampleColumn(
            "LastRegisteredAt",
            "datetimeoffset(3) NULL",
            sometimes_null(offset_stamps("2024-01-01", "2025-12-31", 3)),
        ),
        SampleColumn("DailyRestartAt", "time(3) NULL", sometimes_null(times_of_day(3))),
        SampleColumn("FirstSeenAt", "datetime2(7) NOT NULL", stamps("2012-01-01", "2025-12-31", 7)),
    ),
)
