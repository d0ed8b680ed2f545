"""The Python API behind ``import tableferry``, which imports it when it is first used."""
