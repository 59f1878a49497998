"""What a run wrote down is read as it is, while it goes on too, and stays as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from smsbridge import CallerError
from smsbridge.cli.bulk.results import read_run

from support.each import each

HEADER = {"version": 1, "sha256": "5f", "rows": 5, "backend": "acme", "protocol": "rest"}


def intent(index: int) -> dict[str, Any]:
    started = "2027-01-31T09:30:00+00:00"
    more = {"reference": f"r-{index}", "started": started, "fingerprint": "0f"}
    return {
        "index": index,
        "recipient": f"+1202555010{index}",
        "backend": "acme",
        "protocol": "rest",
        **more,
    }


def result(index: int, outcome: str) -> dict[str, Any]:
    more = {"id": f"id-{index}", "error": None}
    return {"index": index, "reference": "r", "recipient": "+1", "outcome": outcome, **more}


def write(folder: Path, results: list[Any], intents: list[Any] | None, torn: str = "") -> Path:
    for name, lines in (("r.jsonl", results), ("r.jsonl.intents", intents)):
        if lines is not None:
            text = "".join(f"{json.dumps(line)}\n" for line in lines)
            (folder / name).write_text(text + torn)
    return folder / "r.jsonl"


def test_a_message_that_was_tried_has_a_line_also_without_a_result(tmp_path: Path) -> None:
    ended = [result(1, "accepted"), result(0, "rejected")]
    begun = [HEADER, *map(intent, range(4)), {"index": 2, "ended": "not_sent"}]
    path = write(tmp_path, ended, begun, torn='{"index": 4, "recip')
    before = [file.read_bytes() for file in sorted(tmp_path.iterdir())]
    run = read_run(path)
    assert run.rows == 5
    found = {index: line["outcome"] for index, line in run.lines.items()}
    assert found == {1: "accepted", 0: "rejected", 3: "unknown"}
    assert "in flight" in run.lines[3]["error"]
    assert run.attempts.keys() == {0, 1, 2, 3}
    assert [file.read_bytes() for file in sorted(tmp_path.iterdir())] == before


def test_results_alone_can_be_read(tmp_path: Path) -> None:
    run = read_run(write(tmp_path, [result(7, "accepted")], None))
    assert (run.rows, list(run.lines), run.attempts) == (1, [7], {})


@each(
    ("results", "says"),
    [
        ([{"outcome": "accepted", "id": "1"}], "line 1: not a result of send-many"),
        ([result(0, "accepted"), result(1, "done")], "line 2: not a result of send-many"),
        (["text"], "line 1: not a line that send-many wrote"),
    ],
)
def test_what_no_run_wrote_is_refused(tmp_path: Path, results: list[Any], says: str) -> None:
    with pytest.raises(CallerError, match=says):
        read_run(write(tmp_path, results, None))


def test_what_is_not_there_or_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CallerError, match=r"^can't read .*r\.jsonl: No such file"):
        read_run(tmp_path / "r.jsonl")
    with pytest.raises(CallerError, match=r"^can't read .*: Is a directory"):
        read_run(tmp_path)
    with pytest.raises(CallerError, match="no header"):
        read_run(write(tmp_path, [], [intent(0)]))
