"""Servers, clients and values that several tests of the sandbox share."""
