"""``smsbridge explain``: what a message becomes on the wire; sends nothing, shows no credential."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from smsbridge.cli.explain_answer import assumed_lines, reading_lines
from smsbridge.cli.explain_message import (
    describe_text,
    explain_message,
    recipient_on_wire,
    request_lines,
)
from smsbridge.cli.options import (
    backend_options,
    choose_backend,
    message_of,
    message_options,
    option_names,
)
from smsbridge.cli.streams import put
from smsbridge.config.choose import BLOCK_VARIABLE, DEFAULT_FILE, FILE_VARIABLE, URL_VARIABLE

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.cli.explain_message import Explanation
    from smsbridge.http.exchange import Request
    from smsbridge.message import Message

_HELP = """Show what TEXT to the number TO becomes on the wire. Sends nothing.

\b
Examples:
  smsbridge explain +12025550123 "Hello"
  smsbridge explain +12025550123 "Hello" --backend oldcorp
  smsbridge explain +12025550123 "Hello" --all

Credentials are masked before the request is built. A WSDL at an address is fetched.
"""


@click.command(help=_HELP)
@click.argument("to")
@click.argument("text")
@backend_options
@message_options
@click.option("--all", "every", is_flag=True, help="By each block of the config, side by side.")
@click.option("-v", "--verbose", is_flag=True, help="Show the answers too, and how one is read.")
def explain(  # noqa: PLR0913  (each is an option)
    to: str,
    text: str,
    backend: str | None,
    config: str | None,
    url: str | None,
    *,
    every: bool,
    **given: Any,
) -> None:
    """Explain one message."""
    if every:
        from smsbridge.cli.explain_all import explain_all

        if backend is not None or url is not None:
            raise click.UsageError("give only one of --all, --backend and --url")
        sys.exit(explain_all(to, text, config, given))
    chosen = choose_backend(backend, url, config)
    message = message_of(chosen, to, text, given)
    for index, (name, one) in enumerate((chosen.members() or {"": chosen}).items()):
        if index:
            put()
        named = f"{name} of {backend or chosen.name}, {one.name}" if name else one.name
        with option_names():
            found = explain_message(one, message)
        where = f"{named} over {one.protocol}, {_origin(backend, config, url)}"
        show(where, one, message, found, verbose=given["verbose"])


def show(
    who: str, backend: Backend, message: Message, found: Explanation, *, verbose: bool
) -> None:
    """Print what a send would do; ``who`` says by which backend, and why that one."""
    put(f"backend    {who}")
    put(f"recipient  {', '.join(recipient_on_wire(backend, message))}")
    put(f"text       {describe_text(message)}")
    if found.masks:
        shows = ", ".join(f"{name} as {mask}" for name, mask in found.masks.items())
        put(f"masked     {shows}, also where it is encoded or hashed")
    if kinds := dict.fromkeys(str(one.kind) for one in backend.webhooks):
        put(f"webhooks   {', '.join(kinds)}")
    for why in found.warnings:
        put(f"WARNING    {why}")
    if not found.requests:
        put("\nnothing is sent over a network")
    for index, (label, request) in enumerate(_labels(found.requests)):
        put(f"\n{label}")
        _put_lines(request_lines(request))
        if verbose and index < len(found.answers):
            put("its answer, as assumed")
            _put_lines(assumed_lines(found.answers[index]))
    table = backend.protocols[backend.protocol].send if found.requests else None
    if verbose and table is not None:
        put("\nan answer to it is")
        _put_lines(reading_lines(table))


def _put_lines(lines: Iterator[str]) -> None:
    for line in lines:
        put(f"  {line}".rstrip())


def _labels(requests: list[Request]) -> Iterator[tuple[str, Request]]:
    label = "the message"
    for request in requests:
        if request.share:
            yield "before it", request
        else:
            yield label, request
            label = "the message again, after the service has asked for credentials"


def _origin(backend: str | None, config: str | None, url: str | None) -> str:
    """Return where the backend was chosen."""
    if url is not None:
        return "from --url"
    if backend is not None:
        return f"from --backend {backend}"
    if config is None and os.environ.get(URL_VARIABLE):
        return f"from {URL_VARIABLE}"
    if os.environ.get(BLOCK_VARIABLE):
        return f"from {BLOCK_VARIABLE}"
    return f"the default of {config or os.environ.get(FILE_VARIABLE) or DEFAULT_FILE}"
