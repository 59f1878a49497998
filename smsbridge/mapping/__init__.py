"""A provider's table: templates, paths, operations, and what an answer proves."""
