"""send-many: a CSV, and its journal."""
