"""The benchmark: tableferry against the plain design and against the databases' own limits."""
