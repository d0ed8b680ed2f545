"""What a person reads: progress, summaries and errors in a terminal, and Python to paste."""
