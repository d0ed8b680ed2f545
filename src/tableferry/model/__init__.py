"""The words that both sides are described in: names, columns, keys, ranges. Pure data."""
