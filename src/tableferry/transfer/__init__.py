"""Rows on their way: read ahead, converted, written, counted."""
