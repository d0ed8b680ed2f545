"""The tables to copy, as data.

To add a table, add an entry here and its name to the order below; `columns` and `pg_columns` go
together by position: four names a line on both sides, so that pairs can be compared by eye.
"""

from typing import Any

# fmt: off
TABLE_CONFIGS: dict[str, dict[str, Any]] = {
    "customer": {
        "db_type": "mctm",
        "sql_server_db": "McTM",
        "sql_table": "[McTM].[dbo].[Customer]",
        "pg_table": "mctm_customer",
        "columns": [
            "CustomerID", "CompanyName", "ContactName", "Email",
            "CountryCode", "CreditLimit", "DiscountRate", "LifetimeValue",
            "RiskScore", "IsActive", "CustomerGuid", "ContractStart",
            "CreatedAt", "LastContactAt", "Notes", "RowVer",
        ],
        "pg_columns": [
            "customer_id", "company_name", "contact_name", "email",
            "country_code", "credit_limit", "discount_rate", "lifetime_value",
            "risk_score", "is_active", "customer_guid", "contract_start",
            "created_at", "last_contact_at", "notes", "row_ver",
        ],
        "primary_key": "CustomerID",
        "order_by": "CustomerID",
        "batch_size": 10_000,
        "publish": "truncate",
        "description": "McTM customer master data",
    },
    "mctm_module": {
        "db_type": "mctm",
        "sql_server_db": "McTM",
        "sql_table": "[McTM].[dbo].[Module]",
        "pg_table": "mctm_module",
        "columns": [
            "ModuleID", "ModuleCode", "ModuleName", "Category",
            "MajorVersion", "BuildNumber", "PackageBytes", "Price",
            "VatRate", "LoadFactor", "IsEnabled", "ReleasedOn",
            "MaintenanceAt", "UpdatedAt", "Manifest", "PackageHash",
        ],
        "pg_columns": [
            "module_id", "module_code", "module_name", "category",
            "major_version", "build_number", "package_bytes", "price",
            "vat_rate", "load_factor", "is_enabled", "released_on",
            "maintenance_at", "updated_at", "manifest", "package_hash",
        ],
        "primary_key": "ModuleID",
        "order_by": "ModuleID",
        "batch_size": 10_000,
        "publish": "truncate",
        "description": "McTM module management",
    },
    "voipdb_customer": {
        "db_type": "voipdb",
        "sql_server_db": "VoipDB",
        "sql_table": "[VoipDB].[dbo].[Customer]",
        "pg_table": "voipdb_customer",
        "columns": [
            "CustomerID", "AccountNumber", "DisplayName", "TenantGuid",
            "Balance", "MonthlyMinutes", "MaxChannels", "BillingDay",
            "TrunkPrefix", "IsSuspended", "ActivatedAt", "SuspendedAt",
            "Remarks", "Logo", "RowVer",
        ],
        "pg_columns": [
            "customer_id", "account_number", "display_name", "tenant_guid",
            "balance", "monthly_minutes", "max_channels", "billing_day",
            "trunk_prefix", "is_suspended", "activated_at", "suspended_at",
            "remarks", "logo", "row_ver",
        ],
        "primary_key": "CustomerID",
        "order_by": "CustomerID",
        "batch_size": 10_000,
        "publish": "truncate",
        "description": "VoipDB customer information",
    },
    "voipdb_useragent": {
        "db_type": "voipdb",
        "sql_server_db": "VoipDB",
        "sql_table": "[VoipDB].[dbo].[UserAgent]",
        "pg_table": "voipdb_useragent",
        "columns": [
            "UserAgentID", "CustomerID", "DeviceGuid", "UserAgent",
            "MacAddress", "IpAddress", "SipPort", "Transport",
            "JitterMs", "PacketLoss", "CallCount", "IsRegistered",
            "LastRegisteredAt", "DailyRestartAt", "FirstSeenAt",
        ],
        "pg_columns": [
            "user_agent_id", "customer_id", "device_guid", "user_agent",
            "mac_address", "ip_address", "sip_port", "transport",
            "jitter_ms", "packet_loss", "call_count", "is_registered",
            "last_registered_at", "daily_restart_at", "first_seen_at",
        ],
        "primary_key": "UserAgentID",
        "order_by": "UserAgentID",
        "batch_size": 10_000,
        "publish": "truncate",
        "description": "VoipDB user agent data",
    },
}
# fmt: on

DEFAULT_SYNC_ORDER: list[str] = ["customer", "mctm_module", "voipdb_customer", "voipdb_useragent"]
