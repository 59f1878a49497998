"""Text: phone numbers, SMS segments, secrets and masks, encodings, JSON, suggestions."""
