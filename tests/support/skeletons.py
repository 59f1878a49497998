"""What `smsbridge new backend` writes is Acme's package: its text, gathered in one file.

After a change of examples/acme-sms run this file: `.venv/bin/python tests/support/skeletons.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).parents[2]
ACME = ROOT / "examples" / "acme-sms"
GATHERED = ROOT / "smsbridge" / "cli" / "skeleton.json"
_PARTS = ("README.md", "pyproject.toml", "acme_sms/**/*", "tests/**/*")


def read_acme() -> dict[str, list[str]]:
    """Return the lines of each file of Acme's package, by its path."""
    found = sorted(path for part in _PARTS for path in ACME.glob(part) if path.is_file())
    return {
        path.relative_to(ACME).as_posix(): path.read_text(encoding="utf-8").split("\n")
        for path in found
        if "__pycache__" not in path.parts
    }


if __name__ == "__main__":
    text = json.dumps(read_acme(), indent=1, ensure_ascii=False)
    GATHERED.write_text(f"{text}\n", encoding="utf-8")
