"""The mutation check: requests are altered, and what claims to cover them must notice."""
