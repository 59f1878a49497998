"""The mutation check: what leaves is altered, and whoever claims to cover it must notice."""
