"""The log of a bridge: one JSON object a line, with the fields that a line has and no others."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

FIELDS = ("door", "caller", "id", "backend", "state", "why", "protocol", "outcome", "reference")
"""The fields of a record that a line may have: none of them holds a secret, a number or a text."""


class JsonLines(logging.Formatter):
    """Writes a record as one JSON object. Of an error it shows the type, and no more."""

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
    """Let this process write its log to stderr."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("smsbridge").setLevel(level)
