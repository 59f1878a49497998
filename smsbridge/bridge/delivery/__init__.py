"""Sends what is stored: claims, sends and lookups."""
