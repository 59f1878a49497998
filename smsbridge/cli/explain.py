"""``smsbridge explain``: what a message becomes on the wire; sends nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.choose import chosen_backend
from smsbridge.cli.options import chooses
from smsbridge.cli.streams import put
from smsbridge.cli.wsdl import fetching

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Request
    from smsbridge.message import Message

_HELP = """Show what TEXT to the number TO becomes on the wire. Sends nothing.

\b
Examples:
  smsbridge explain +12025550123 "Hello"
  smsbridge explain +12025550123 "Hello" --backend oldcorp

Credentials are masked before the request is made. A WSDL that is at an address is fetched.
"""


@click.command(help=_HELP)
@click.argument("to")
@click.argument("text")
@chooses
@click.option("--whatsapp", is_flag=True, help="By WhatsApp.")
@click.option("--reference", metavar="R", help="Your own name for the message; made if absent.")
def explain(to: str, text: str, backend: str | None, url: str | None, **given: Any) -> None:
    """Explain one message."""
    from smsbridge.message import Channel, Message

    chosen = chosen_backend(backend, url)
    channel = Channel.WHATSAPP if given["whatsapp"] else Channel.SMS
    more = {"reference": given["reference"]} if given["reference"] is not None else {}
    number = chosen.number(to)
    message = Message(recipient=number, text=text, channels=frozenset({channel}), **more)
    for index, (name, one) in enumerate(chosen.senders()):
        if index:
            put()
        named = f"{name} of {backend or chosen.name}, {one.name}" if name else one.name
        _explain(one, message, f"{named} over {one.protocol}, {_why(backend, url)}")


def _explain(backend: Backend, message: Message, who: str) -> None:
    from smsbridge.cli.explain_logic import explain as explained
    from smsbridge.cli.explain_logic import number_sent, shown, text_needs
    from smsbridge.cli.local_wsdl import at_hand

    with at_hand(backend, fetching(backend.timeout, backend)) as ready:
        ready.check()
        found = explained(ready, message)
    put(f"backend    {who}")
    put(f"recipient  {', '.join(number_sent(backend, message))}")
    put(f"text       {text_needs(message)}")
    if found.masks:
        shows = ", ".join(f"{name} as {mask}" for name, mask in found.masks.items())
        put(f"masked     {shows}, also where it is encoded or hashed")
    if not found.requests:
        put("\nnothing goes on the wire")
    for label, request in _labelled(found.requests):
        put(f"\n{label}")
        for line in shown(request):
            put(f"  {line}".rstrip())


def _labelled(requests: list[Request]) -> Iterator[tuple[str, Request]]:
    label = "the message"
    for request in requests:
        if request.share:
            yield "before it", request
        else:
            yield label, request
            label = "the message again, when the service has asked who sends it"


def _why(backend: str | None, url: str | None) -> str:
    if url is not None:
        return "from --url"
    if backend is not None:
        return f"from --backend {backend}"
    if os.environ.get("SMSBRIDGE_URL"):
        return "from SMSBRIDGE_URL"
    return f"the default of {os.environ.get('SMSBRIDGE_CONFIG') or 'smsbridge.toml'}"
