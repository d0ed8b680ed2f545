"""The sandbox's TDS 7.4 protocol: packets, login, requests, tokens and rows.

Section numbers refer to MS-TDS, "Tabular Data Stream Protocol". This package knows no SQL: it
passes statements to a ``Session`` and writes the session's events as tokens.
"""
