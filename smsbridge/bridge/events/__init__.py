"""Events from providers, and their delivery to callers as webhooks."""
