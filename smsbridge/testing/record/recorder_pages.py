"""The pages of the proxy for tests, under ``/_mock/`` as those of the mock."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from smsbridge.codecs.answer_format import parse_json
from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.codec import Unreadable
from smsbridge.serving.rest import json_response
from smsbridge.testing.mock.control import foreign
from smsbridge.testing.record.recording import RecordedFile, Recording, is_file_name

_TAKES = (
    "give an object with name, in lower case, such as send/accepted, and optionally title; or"
    " nothing"
)
_REFUSED = 409


def control_pages(
    recording: Recording, hosts: Collection[str], tell: Callable[[RecordedFile], None]
) -> Callable[[Request], Response]:
    """Return what answers a request to the proxy itself. ``tell`` is told of each file."""

    def answer(request: Request) -> Response:
        if why := foreign(request, hosts):
            return json_response(403, {"error": 403, "message": why})
        match request.method, request.path:
            case "GET", "/_mock/health":
                return json_response(200, {"status": "ok", "records": recording.name})
            case "GET", "/_mock/notes":
                return json_response(200, dict(recording.exchanges.notes))
            case "POST", "/_mock/cut":
                return cut(request)
        return json_response(404, {"error": 404, "message": "Not found"})

    def cut(request: Request) -> Response:
        try:
            given = parse_json(request.body, mend=False) if request.body else {}
        except Unreadable as error:
            return json_response(400, {"error": 400, "message": f"{error}: {_TAKES}"})
        name, title = given.get("name", ""), given.get("title", "")
        is_text = isinstance(name, str) and isinstance(title, str)
        odd = given.keys() - {"name", "title"} or not is_text or (name and not is_file_name(name))
        if odd or (title and not name):
            return json_response(400, {"error": 400, "message": _TAKES})
        files = recording.cut(name, title)
        for one in files:
            tell(one)
        status = _REFUSED if any(one.refused for one in files) else 200
        return json_response(status, {"files": [_entry(one) for one in files]})

    return answer


def _entry(one: RecordedFile) -> dict[str, Any]:
    if one.refused:
        kept = {"kept": True} if one.is_kept else {}
        return {"id": one.name, "refused": list(one.refused), **kept}
    return {"id": one.name, "file": str(one.path)}
