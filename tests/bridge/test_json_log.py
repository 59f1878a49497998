"""The bridge's log: one JSON object per line, with only the allowed fields."""

from __future__ import annotations

import json
import logging
from typing import Any

from smsbridge.bridge.json_log import JsonLines, log_to_stderr


def line(said: str = "stored", *, error: bool = False, **extra: Any) -> dict[str, Any]:
    fault = ValueError("+12025550123")
    info = (ValueError, fault, None) if error else None
    record = logging.LogRecord("smsbridge.bridge", logging.INFO, "f", 1, said, (), info)
    vars(record).update(extra)
    found: dict[str, Any] = json.loads(JsonLines().format(record))
    return found


def test_a_line_has_its_fields_and_no_others() -> None:
    found = line(door="shop", id="i-1", why="", recipient="+12025550123", exchange="> POST")
    assert found.keys() == {"at", "level", "logger", "said", "door", "id"}
    assert (found["level"], found["said"], found["door"]) == ("info", "stored", "shop")


def test_of_an_error_only_its_type_is_shown() -> None:
    found = line(error=True)
    assert found["error"] == "ValueError"
    assert "0123" not in json.dumps(found)


def test_the_log_of_a_process_goes_to_stderr(capsys: Any) -> None:
    root, own = logging.getLogger(), logging.getLogger("smsbridge")
    before, levels = root.handlers[:], (root.level, own.level)
    try:
        log_to_stderr()
        own.info("ready")
        logging.getLogger("other").info("no")
        (written,) = capsys.readouterr().err.splitlines()
    finally:
        root.handlers[:] = before
        root.setLevel(levels[0])
        own.setLevel(levels[1])
    assert json.loads(written)["said"] == "ready"
