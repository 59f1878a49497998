"""The proxy's own pages are under the mock's path, and for tests alone."""

from __future__ import annotations

import json
from pathlib import Path

from smsbridge.http.exchange import Request, Response
from smsbridge.testing.record.recorder_pages import control_pages
from smsbridge.testing.record.recording import RecordedFile

from support.each import each
from support.recorded import asked, exchange, recording_of


def ask(
    folder: Path, method: str, page: str, body: str = "", origin: str = ""
) -> tuple[Response, list[RecordedFile]]:
    told: list[RecordedFile] = []
    pages = control_pages(recording_of(folder, exchange(asked("/a"))), (), told.append)
    headers = {"Host": "127.0.0.1:1", **({"Origin": origin} if origin else {})}
    url = f"http://127.0.0.1:1/_mock/{page}"
    return pages(Request(method=method, url=url, headers=headers, body=body.encode())), told


def test_a_cut_writes_and_tells_its_files(tmp_path: Path) -> None:
    answer, told = ask(tmp_path, "POST", "cut", '{"name": "x/one"}')
    file = str(tmp_path / "x/one.yaml")
    assert json.loads(answer.body) == {"files": [{"id": "recorded/x/one", "file": file}]}
    assert [str(one.path) for one in told] == [file]


@each(
    "body",
    ['{"name": "../x"}', '{"name": 1}', '{"other": "x"}', '{"title": "alone"}', "[]", "x"],
)
def test_a_cut_that_cant_be_meant_is_refused(body: str, tmp_path: Path) -> None:
    answer, told = ask(tmp_path, "POST", "cut", body)
    assert (answer.status, told) == (400, [])


def test_health_and_notes_are_told_and_nothing_else(tmp_path: Path) -> None:
    assert json.loads(ask(tmp_path, "GET", "health")[0].body)["records"] == "recorded"
    assert json.loads(ask(tmp_path, "GET", "notes")[0].body) == {}
    assert ask(tmp_path, "GET", "messages")[0].status == 404


def test_a_web_page_of_another_origin_may_not_cut(tmp_path: Path) -> None:
    answer, told = ask(tmp_path, "POST", "cut", origin="https://evil.example")
    assert (answer.status, told) == (403, [])
