"""Whether the target holds what the source holds: rows compared, differences explained.

It gets a plan and connections, and makes neither. ``options``, ``differences`` and ``result`` are
the vocabulary, and load no driver.
"""
