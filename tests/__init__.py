"""The tests of tableferry."""
