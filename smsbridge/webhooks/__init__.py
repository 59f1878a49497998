"""Webhooks: received, checked, turned into events."""
