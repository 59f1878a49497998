"""The doors of a bridge: callers are heard, and answered in the words of their service."""
