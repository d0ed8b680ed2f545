"""The other tools."""
