"""One call of a provider as an exchange: made from a table, carried by its auth, and read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from smsbridge.errors import ConfigError, InvalidMessage
from smsbridge.http.exchange import HEADER_RULE, is_header
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.filters import one_text
from smsbridge.mapping.template import render_all, required_names

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Exchange, Request, Response, Session
    from smsbridge.mapping.auth import Credentials
    from smsbridge.mapping.codec import Codec, Spellings
    from smsbridge.mapping.operation import Operation, Protocol, Question
    from smsbridge.mapping.template import Template, Values


def make_call(  # noqa: PLR0913, PLR0917  (what a call is made of)
    protocol: Protocol,
    table: Operation | Question,
    values: Values,
    credentials: Credentials,
    site: Site,
    session: Session,
) -> Exchange[Response]:
    """Make the call, and return the provider's answer."""

    def make(more: Values) -> Exchange[Request]:
        known = {**values, **credentials, **more}
        fields = plan.fields(known) | protocol.auth.fields(credentials)
        call = plan.address(known)
        try:
            request = yield from codec.encode(site, session, call, fields)
        except ConfigError as error:
            raise _missing_value(table, known, error) or error from None
        if not plan.has_headers:
            return request
        return add_words(request, plan.headers(known | request_values(request)))

    plan, codec = table.plan, protocol.codec_of(table)
    return (yield from protocol.auth.carry(make, credentials, site, session))


def request_values(request: Request) -> dict[str, str]:
    """Return the values that a request has of itself: `REQUEST_VALUES`."""
    body = request.body.decode(errors="surrogateescape")
    return {"method": request.method, "url": request.url, "body": body}


def add_headers(
    request: Request, headers: Mapping[str, Template], values: Values, share: str | None = None
) -> Request:
    """Return a request with a table's headers; those without a value are left out."""
    return replace(add_words(request, render_all(headers, values)), share=share)


def add_words(request: Request, words: Mapping[str, Any]) -> Request:
    """Return a request with headers."""
    own = {name: _word(name, value) for name, value in words.items()}
    return replace(request, headers={**request.headers, **own})


def _missing_value(
    table: Operation | Question, known: Values, error: ConfigError
) -> Exception | None:
    """Return the error to raise if the caller left a value out."""
    path = error.key[-1] if error.key[:1] == ("fields",) else ""
    if path not in table.fields:
        return None
    absent = [name for name in required_names(table.fields[path], known) if known.get(name) is None]
    return InvalidMessage(f"{' and '.join(absent)} is needed: {error}") if absent else None


def read_answer(  # noqa: PLR0913, PLR0917  (what an answer is read by)
    codec: Codec,
    call: str,
    response: Response,
    site: Site,
    session: Session,
    words: Spellings | None = None,
) -> Mapping[str, Any] | str:
    """Return the words of an answer, or why it can't be read; for ``words`` see `Codec.decode`."""
    try:
        return codec.decode(site, session, call, response, words)
    except Unreadable as error:
        return f"the answer can't be read: {error}"
    except Exception as error:  # noqa: BLE001  (the message has left, so return an outcome)
        return f"the answer can't be read: {type(error).__name__}"


def _word(name: str, value: Any) -> str:
    word = one_text(value)
    if not is_header(word):
        raise InvalidMessage(f"the header {name} {HEADER_RULE}")
    return word
