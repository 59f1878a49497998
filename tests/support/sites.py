"""A site of documents, without a socket."""

from __future__ import annotations

from collections.abc import Mapping

from smsbridge.http.exchange import Request, Response


class Site:
    """A site of documents by address, and what it was asked for."""

    def __init__(self, documents: Mapping[str, str]) -> None:
        self.documents = dict(documents)
        self.asked: list[str] = []

    def __call__(self, request: Request) -> Response:
        self.asked.append(request.url)
        body = self.documents.get(request.url)
        return Response(status=404 if body is None else 200, body=(body or "").encode())
