"""The benchmark: tableferry against a plain script and against the limits of both databases."""
