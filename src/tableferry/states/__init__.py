"""How the tables stand: the ledger's records in, a word for each table and what to do out. Pure.

``records`` are what the ledger says, ``judge`` gives each table its word, ``report`` is the result.
"""
