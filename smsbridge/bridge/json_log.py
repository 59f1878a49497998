"""The bridge's log: one JSON object per line, with an allowlist of fields."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

FIELDS = ("door", "caller", "id", "backend", "state", "why", "protocol", "outcome", "reference")
"""The allowed fields of a log record; none holds a secret, a number or a text."""


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object. Of an exception it shows only the type."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "said": record.getMessage(),
        }
        given = vars(record)
        line |= {name: str(given[name]) for name in FIELDS if given.get(name) not in (None, "")}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send this process's log to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("smsbridge").setLevel(level)
