"""Faults that the mock can play."""

from smsbridge.testing.faults.table import FAULTS, Fault, fault

__all__ = ["FAULTS", "Fault", "fault"]
