"""Settings of a role or a database under which careless sessions fail, or read other values."""

TIMEOUTS = {
    "statement_timeout": "700ms",
    "lock_timeout": "700ms",
    "idle_in_transaction_session_timeout": "700ms",
    "idle_session_timeout": "700ms",
    "transaction_timeout": "700ms",
}
LONGER = 1.6
"""Seconds: more than twice the timeouts."""

FORMATS = {
    "datestyle": "SQL, DMY",
    "intervalstyle": "sql_standard",
    "timezone": "Asia/Kathmandu",
    "extra_float_digits": "-15",
    "bytea_output": "escape",
    "standard_conforming_strings": "off",
    "xmloption": "document",
    "quote_all_identifiers": "on",
    "client_encoding": "latin1",
    "exit_on_error": "on",
    "row_security": "off",
    "array_nulls": "off",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "synchronous_commit": "off",
    "check_function_bodies": "off",
}
