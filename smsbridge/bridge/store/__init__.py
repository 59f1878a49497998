"""The store of a bridge: its database, what is in it, and what is kept for how long."""
