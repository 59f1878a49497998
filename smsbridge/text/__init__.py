"""Texts: phone numbers, SMS segments, secrets, suggestions."""
