"""HTTP without I/O, and the transports that do it."""
