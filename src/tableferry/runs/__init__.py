"""The life of a run: its tables, their attempts, publishing, retries, events and outcomes."""
