"""What the command, the deployment's scripts and Lambda share: a request in, a response out.

Requests, responses, exit and status codes, signals, and output to a terminal that cannot fail.
"""
