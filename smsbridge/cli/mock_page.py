"""The page of ``smsbridge mock``: its options, its address, and who may look."""

from __future__ import annotations

import secrets
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

from smsbridge.cli.streams import say
from smsbridge.http.address import is_loopback

if TYPE_CHECKING:
    from smsbridge.testing.mock.provider import Provider

F = TypeVar("F", bound=Callable[..., Any])

_TOKEN_BYTES = 16


def page_options(command: F) -> F:
    """Add the options of a command that has a page."""
    show = click.option("--open", "opens", is_flag=True, help="Open its page in a browser.")
    leave_out = click.option(
        "--no-page", "page", is_flag=True, flag_value=False, default=True, help="Serve no page."
    )
    return show(leave_out(command))


def make_page(
    provider: Provider, host: str, address: str | None = None, *, tls: bool = False
) -> str:
    """Give a mock its page; return where it is below the address of the mock.

    Where others can reach it, that has a token: if ``host``, where it listens, or ``address``, the
    URL that clients use, is not the loopback. This takes a while, so it comes before the mock is
    served: a caller that waits until the mock answers may end it at once.
    """
    from smsbridge.testing.mock.page_host import PageHost

    parts = urlsplit(address or "")
    is_near = is_loopback(host) and (address is None or is_loopback(parts.hostname))
    token = "" if is_near else secrets.token_urlsafe(_TOKEN_BYTES)
    provider.lanes.page = PageHost(token, secure=tls or parts.scheme == "https")
    return "/_mock/" + (f"?token={token}" if token else "")


def open_page(url: str) -> None:
    """Open a page; say so if there is none, or no browser."""
    if not url:
        say("--open: this mock has no page")
    elif not webbrowser.open(url):
        say(f"--open: no browser was found; the page is {url}")
