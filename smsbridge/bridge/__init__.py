"""The bridge: replaces a service, stores what its callers send, and sends it elsewhere."""
