"""What comes in from providers, and goes out again to callers as webhooks."""
