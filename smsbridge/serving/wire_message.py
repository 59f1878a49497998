"""Reads a message back from the request that sends it, by its backend's table."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from smsbridge.errors import InvalidMessage
from smsbridge.http.exchange import Response
from smsbridge.mapping.codec import Unreadable
from smsbridge.mapping.filters import FILTERS, one_text
from smsbridge.mapping.markup import language
from smsbridge.mapping.path import at
from smsbridge.mapping.template import RECIPIENTS, names, split, texts
from smsbridge.serving.call import ReceivedCall, read_call
from smsbridge.serving.provider_protocol import ProviderProtocol, provider_protocols

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Request
    from smsbridge.mapping.template import Template
    from smsbridge.message import Message

_FORMS = ("base64", "hex", "hex-ucs2", "url", "xml", "json")
"""The filters that rewrite a text without losing any of it."""

_DECIDERS = {"channels", "encoding"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WireMessage:
    """A message as the provider gets it: each value as in its field, empty if there is none.

    ``text``: as the recipient would read it, whatever its form on the wire.
    """

    recipient: str = field(repr=False)
    text: str = field(repr=False)
    sender: str = field(repr=False)
    channels: str
    reference: str


@dataclass(frozen=True, slots=True)
class WireReader:
    """Reads the requests of one backend, by its protocol."""

    backend: Backend
    protocols: tuple[ProviderProtocol, ...]

    @classmethod
    def of(cls, backend: Backend) -> WireReader:
        """Return the reader of a backend's requests."""
        used = (one for one in provider_protocols(backend) if one.name == backend.protocol)
        return cls(backend, tuple(used))

    def read(self, request: Request, message: Message) -> WireMessage:
        """Return the message in a request; raises `Unreadable`."""
        call = read_call(
            self.backend, self.protocols, request, (), lambda _: None, with_headers=True
        )
        if call is None or isinstance(call, Response) or call.operation != "send":
            raise Unreadable("its own table can't read its request")
        return WireMessage(
            recipient=_word(call, "recipient") or _word(call, RECIPIENTS),
            text=_text_of_word(_word(call, "text"), message.text),
            sender=_word(call, "sender"),
            channels=call.values.get("channels") or "sms",
            reference=_word(call, "reference"),
        )


def _word(call: ReceivedCall, name: str) -> str:
    """Return the whole content of the field that carries only this value.

    If the field has others too, or XML or JSON, return what can be read back of this one.
    """
    for path, template in call.table.places().items():
        if {*names(template)} - _DECIDERS != {name} or _is_markup(template):
            continue
        whole: Any = call.given.get(path) if path.startswith("{") else at(call.given, path)
        if whole not in (None, "", []):
            return one_text(whole)
    return call.values.get(name, "")


def _is_markup(template: Template) -> bool:
    return any(language("\0".join(split(part)[0])) for part in texts(template))


def _text_of_word(word: str, text: str) -> str:
    """Return the text as read, if the word is one of its wire forms."""
    for name in _FORMS:
        with suppress(InvalidMessage):  # it doesn't have that form
            if FILTERS[name].apply(text) == word:
                return text
    return word
