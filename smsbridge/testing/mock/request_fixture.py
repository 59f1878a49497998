"""A request that came in as a curl command, and as a fixture that answers it as the mock did."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from smsbridge.codecs.answer_format import parse_json
from smsbridge.codecs.rest import FORM, JSON, parse_form
from smsbridge.mapping.discretion import SECRETIVE
from smsbridge.serving.soap import ProviderSoap
from smsbridge.testing.fixture.curl import curl
from smsbridge.testing.fixture.write import write_fixture

if TYPE_CHECKING:
    from smsbridge.http.exchange import Request, Response
    from smsbridge.testing.mock.provider import Provider
    from smsbridge.testing.mock.request_log import KeptRequest

_PLACE = re.compile(r"\{(?:(?:secret|mint|minted|capture):|now)")
_ANY = {"$any": True}


def curl_of(kept: KeptRequest, provider: Provider) -> str:
    """Return the curl command that sends a request again; credentials are variables."""
    parts = urlsplit(kept.request.url)
    query = f"?{parts.query}" if parts.query else ""
    url = f"{provider.address}{kept.request.prefix}{parts.path}{query}"
    return curl(replace(kept.request, url=url), provider.backend.credentials())


def fixture_of(kept: KeptRequest, provider: Provider) -> str:
    """Return a fixture, as YAML, whose one interaction is a request and what it was answered."""
    asks = _Placeholders(kept, provider, "minted")
    answers = _Placeholders(kept, provider, "mint")
    day = kept.at.date().isoformat()
    made: dict[str, Any] = {
        "smsbridge-fixture": 1,
        "id": f"{provider.backend.name}/{kept.taken_for or 'request'}/request-{kept.id}",
        "title": "What came in at the mock provider, and what it answered",
        "provenance": {
            "source": "ASSUMED",
            "evidence": "played by the mock provider",
            "date": day,
            "verified": None,
        },
        **({"protocols": [kept.protocol]} if kept.protocol else {}),
        "interactions": [
            {
                "id": "request",
                "request": _request(kept, asks),
                "response": _response(kept, answers),
            }
        ],
    }
    return write_fixture(made)


def _request(kept: KeptRequest, write: _Placeholders) -> dict[str, Any]:
    request = kept.request
    found: dict[str, Any] = {"method": request.method, "path": request.path}
    if query := parse_form(request.query):
        found["query"] = write.values(query)
    if request.header("authorization").startswith("Bearer "):
        found["headers"] = {"authorization": write.text(request.header("authorization"))}
    if kept.call and isinstance(kept.call.protocol.codec, ProviderSoap):
        args = write.values(kept.call.given)
        return found | {"soap": {"operation": kept.call.table.call, "args": args}}
    return {**found, **write.values(_body(request))}


def _body(request: Request) -> dict[str, Any]:
    kind = request.header("content-type").partition(";")[0].strip().lower()
    try:
        if request.body and kind == FORM:
            return {"form": parse_form(request.body.decode())}
        if request.body and kind == JSON:
            return {"json": parse_json(request.body)}
    except ValueError:
        pass
    return {}


def _response(kept: KeptRequest, write: _Placeholders) -> dict[str, Any]:
    if kept.fault and kept.answer is None:
        return {"fault": kept.fault}
    return {} if kept.answer is None else _answer(kept.answer, write)


def _answer(answer: Response, write: _Placeholders) -> dict[str, Any]:
    kind = answer.header("content-type")
    if kind.startswith(JSON):
        try:
            return {"status": answer.status, "json": write.values(parse_json(answer.body))}
        except ValueError:
            pass
    text = write.text(answer.body.decode(errors="replace"))
    headers = {"headers": {"content-type": kind}} if kind else {}
    return {"status": answer.status, **headers, "text": text}


class _Placeholders:
    """Puts placeholders where credentials and tokens are, and a matcher for wrong ones."""

    def __init__(self, kept: KeptRequest, provider: Provider, way: str) -> None:
        credentials = (kept.account or provider.backend).credentials()
        self._known = {word: f"{{secret:{key}}}" for key, word in credentials.items()}
        self._known |= dict.fromkeys(provider.scenario.all_tokens(), f"{{{way}:token}}")
        self._wrong = set(kept.private) - self._known.keys()

    def values(self, value: Any, name: str = "") -> Any:
        """Return a value with all of its texts so."""
        if isinstance(value, Mapping):
            return {key: self.values(part, str(key)) for key, part in value.items()}
        if isinstance(value, list):
            return [self.values(part, name) for part in value]
        if not isinstance(value, str):
            return value
        if value in self._known:
            return self._known[value]
        wrong = value in self._wrong or SECRETIVE.search(name) or _PLACE.search(value)
        return _ANY if wrong and value else self.text(value)

    def text(self, text: str) -> str:
        """Return a text in which credentials and tokens are placeholders."""
        for word in sorted(self._known, key=len, reverse=True):
            text = text.replace(word, self._known[word])
        return text
