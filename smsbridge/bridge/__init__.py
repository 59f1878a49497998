"""The bridge: stands where a service stood, keeps what its callers send, and sends it elsewhere."""
