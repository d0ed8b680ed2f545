"""McTM: customers and the modules that they can book."""

from typing import Final

from tableferry_sandbox.sample.fills import (
    binaries,
    dates,
    decimals,
    flags,
    floats,
    guids,
    joined,
    key,
    minutes,
    numbered,
    offset_stamps,
    padded,
    singles,
    sometimes_null,
    stamps,
    times_of_day,
    whole,
    words,
)
from tableferry_sandbox.sample.tables import SampleColumn, SampleTable

_FIRST_NAMES: Final = words("Anna", "Олена", "José", "Li", "Søren", "Nicolás", "Zoë", "O'Neil")
_LAST_NAMES: Final = words("Müller", "Шевченко", "García", "王", "Ørsted", "D'Angelo", "Smith")
_COMPANIES: Final = words("Nordlicht", "Kyiv Telecom", "Ferry & Sons", "Café Central", "Альфа")
_FORMS: Final = words("GmbH", "Ltd.", "S.A.", "ПП", "AB", "Inc.")
_DOMAINS: Final = words("example.com", "example.net", "example.org")

CUSTOMER: Final = SampleTable(
    config_key="customer",
    database="McTM",
    name="Customer",
    description="McTM customer master data",
    pg_table="mctm_customer",
    primary_key="CustomerID",
    base_rows=2_000,
    salt=11,
    columns=(
        SampleColumn("CustomerID", "int IDENTITY(1,1) NOT NULL", key("int"), awkward=False),
        SampleColumn(
            "CompanyName",
            "nvarchar(120) NOT NULL",
            joined(_COMPANIES, _FORMS, numbered(), separator=" "),
        ),
        SampleColumn(
            "ContactName",
            "nvarchar(80) NULL",
            sometimes_null(joined(_FIRST_NAMES, _LAST_NAMES, separator=" ")),
        ),
        SampleColumn(
            "Email",
            "varchar(254) NULL",
            sometimes_null(joined("contact", numbered(), "@", _DOMAINS), 25),
        ),
        SampleColumn(
            "CountryCode", "char(2) NOT NULL", words("DE", "UA", "ES", "SE", "US"), awkward=False
        ),
        SampleColumn(
            "CreditLimit",
            "money NOT NULL CONSTRAINT [DF_Customer_CreditLimit] DEFAULT (0)",
            decimals(19, 4, 0, 500_000_0000),
        ),
        SampleColumn(
            "DiscountRate", "decimal(9,4) NULL", sometimes_null(decimals(9, 4, 0, 30_0000), 5)
        ),
        SampleColumn(
            "LifetimeValue",
            "decimal(38,10) NULL",
            sometimes_null(decimals(38, 10, -(10**14), 10**17), 8),
        ),
        SampleColumn("RiskScore", "float NULL", sometimes_null(floats(-1.0, 1.0), 12)),
        SampleColumn(
            "IsActive",
            "bit NOT NULL CONSTRAINT [DF_Customer_IsActive] DEFAULT (1)",
            flags(),
        ),
        SampleColumn("CustomerGuid", "uniqueidentifier NOT NULL", guids()),
        SampleColumn(
            "ContractStart", "date NULL", sometimes_null(dates("1998-01-01", "2025-12-31"))
        ),
        SampleColumn(
            "CreatedAt",
            "datetime2(7) NOT NULL CONSTRAINT [DF_Customer_CreatedAt] DEFAULT (sysutcdatetime())",
            stamps("2001-01-01", "2025-12-31", 7),
        ),
        SampleColumn(
            "LastContactAt",
            "datetimeoffset(7) NULL",
            sometimes_null(offset_stamps("2015-01-01", "2025-12-31", 7), 4),
        ),
        SampleColumn(
            "Notes",
            "nvarchar(max) NULL",
            sometimes_null(
                words("called back", "прошу передзвонити", "pays\r\nlate", "VIP ⭐", ""), 3
            ),
        ),
        SampleColumn("RowVer", "rowversion NOT NULL", None),
    ),
)

MODULE: Final = SampleTable(
    config_key="mctm_module",
    database="McTM",
    name="Module",
    description="McTM module management",
    pg_table="mctm_module",
    primary_key="ModuleID",
    base_rows=300,
    salt=12,
    indexes=("ModuleCode",),
    columns=(
        SampleColumn("ModuleID", "int IDENTITY(1,1) NOT NULL", key("int"), awkward=False),
        SampleColumn(
            "ModuleCode", "varchar(20) NOT NULL", joined("MOD-", numbered(width=5)), awkward=False
        ),
        SampleColumn(
            "ModuleName",
            "nvarchar(100) NOT NULL",
            joined(
                words("Billing", "Записи", "Fax", "Überwachung", "Routing"),
                words("Basic", "Pro", "Плюс", "2.0"),
                separator=" ",
            ),
        ),
        SampleColumn(
            "Category",
            "nchar(10) NULL",
            sometimes_null(padded(words("core", "add-on", "інше", "legacy"), 10)),
        ),
        SampleColumn("MajorVersion", "tinyint NOT NULL", whole("tinyint", 0, 12)),
        SampleColumn("BuildNumber", "smallint NULL", sometimes_null(whole("smallint", 1, 9_999))),
        SampleColumn(
            "PackageBytes", "bigint NULL", sometimes_null(whole("bigint", 10_000, 9 * 10**12))
        ),
        SampleColumn(
            "Price",
            "smallmoney NOT NULL CONSTRAINT [DF_Module_Price] DEFAULT (0)",
            decimals(10, 4, 0, 900_0000),
        ),
        SampleColumn("VatRate", "decimal(5,2) NOT NULL", decimals(5, 2, 0, 2700)),
        SampleColumn("LoadFactor", "real NULL", sometimes_null(singles(0.0, 1.0))),
        SampleColumn("IsEnabled", "bit NULL", sometimes_null(flags(), 6)),
        SampleColumn("ReleasedOn", "date NOT NULL", dates("2004-01-01", "2025-12-31")),
        SampleColumn("MaintenanceAt", "time(7) NULL", sometimes_null(times_of_day(7))),
        SampleColumn("UpdatedAt", "smalldatetime NOT NULL", minutes("2004-01-01", "2025-12-31")),
        SampleColumn(
            "Manifest",
            "xml NULL",
            sometimes_null(
                joined("<module><build>", whole("int", 1, 999), "</build><tag>ключ</tag></module>")
            ),
        ),
        SampleColumn("PackageHash", "varbinary(64) NULL", sometimes_null(binaries(32))),
    ),
)
