"""What a sync will need of both databases, asked beforehand: a finding for each question.

Nothing is written, and the least rights are enough: what a login may not see is said to be so.
"""
