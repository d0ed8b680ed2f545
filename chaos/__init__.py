"""Fault injection with a seed: syncs under random faults while a witness checks the target."""
