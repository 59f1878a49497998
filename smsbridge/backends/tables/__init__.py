"""Backends whose tables are a block of config."""
