"""Exchanges as a proxy keeps them, and recordings of them without any I/O but the files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from smsbridge.backends.base import Backend
from smsbridge.codecs.rest import FORM, JSON
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.mock.default import sample_backend
from smsbridge.testing.record.addresses import Move
from smsbridge.testing.record.bare import bare_backend
from smsbridge.testing.record.decode import DecodedExchange, Decoder
from smsbridge.testing.record.exchanges import Exchanges, RecordedExchange
from smsbridge.testing.record.recording import Recording
from smsbridge.testing.record.redact import Secrets

LIVE = "https://sms.example"
TODAY = date(2026, 11, 29)
TAKEN = {"result": {"error": 0, "sent": "1", "id": "7f"}}


def asked(
    path: str = "/sendsms/",
    form: Mapping[str, Any] | None = None,
    *,
    document: Any = None,
    body: bytes = b"",
    method: str = "POST",
    **headers: str,
) -> Request:
    """Return a request with a form, a JSON document or a body."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    if form is not None:
        body, named = urlencode(form).encode(), {"Content-Type": FORM, **named}
    if document is not None:
        body, named = json.dumps(document).encode(), {"Content-Type": JSON, **named}
    return Request(method=method, url=f"{LIVE}{path}", headers=named, body=body)


def answered(document: Any = TAKEN, status: int = 200, **headers: str) -> Response:
    """Return an answer: bytes as they are, anything else as JSON."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    if isinstance(document, bytes):
        return Response(status=status, headers=named, body=document)
    body = json.dumps(document).encode()
    return Response(status=status, headers={"Content-Type": JSON, **named}, body=body)


def exchange(request: Request, response: Response | str | None = None) -> RecordedExchange:
    """Return an exchange with an answer, or with a fault by its word."""
    if isinstance(response, str):
        return RecordedExchange(connection=1, request=request, fault=response)
    return RecordedExchange(connection=1, request=request, response=response or answered())


def decoded(one: RecordedExchange, backend: Backend | None = None) -> DecodedExchange:
    """Return an exchange decoded by a backend, or without one."""
    return Decoder(backend or bare_backend("recorded"), Move(LIVE, "")).decode(one)


def recording_of(
    folder: Path,
    *kept: RecordedExchange,
    backend: Backend | None = None,
    secrets: Mapping[str, str] | None = None,
    hides_texts: bool = False,
) -> Recording:
    """Return a recording that has kept some exchanges; without a backend no table decodes."""
    exchanges = Exchanges(lambda _: None)
    for one in kept:
        exchanges.keep(one)
    chosen = backend or bare_backend("recorded")
    known = chosen.credentials() if secrets is None else secrets
    return Recording(
        exchanges,
        Decoder(chosen, Move(LIVE, "")),
        None,
        Secrets(known, configured=chosen.credentials(), hides_texts=hides_texts),
        folder,
        name=chosen.name,
        evidence="a client",
        today=TODAY,
    )


def by_table() -> Backend:
    """Return the backend of the mock, with its sample credentials."""
    return sample_backend()
