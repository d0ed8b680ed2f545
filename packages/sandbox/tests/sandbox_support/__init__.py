"""Servers, clients and values shared by the sandbox's tests."""
