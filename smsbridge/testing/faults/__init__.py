"""Faults that the mock can play."""
