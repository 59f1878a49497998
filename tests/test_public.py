"""The public face is the one that is written down: nothing of it goes or changes unsaid."""

from __future__ import annotations

import difflib

from support.public_face import LIST, face


def test_the_public_face_is_as_written() -> None:
    written, now = LIST.read_text(encoding="utf-8"), face()
    changes = difflib.unified_diff(
        written.splitlines(), now.splitlines(), "as written", "as it is", lineterm="", n=1
    )
    said = "\n".join(changes)
    assert written == now, f"{said}\nif that is meant: python tests/support/public_face.py"
