"""How a call says who makes it."""
