"""The backends that ship: each a provider's table, found by its entry point."""
