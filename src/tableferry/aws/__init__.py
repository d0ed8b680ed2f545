"""What is particular to AWS: Lambda's events, secrets, metrics, traces, alerts, state machines.

Requests and responses are ``tableferry.frontend``'s, which a shell shares.
"""
