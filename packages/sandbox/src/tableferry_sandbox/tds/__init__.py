"""The TDS 7.4 wire of the sandbox: packets, login, tokens, rows and requests.

Section numbers in this package's comments are those of MS-TDS, "Tabular Data Stream Protocol".
Nothing here knows SQL: statements go to a ``Session`` and its events come back as tokens.
"""
