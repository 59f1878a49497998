"""Which backend a command is for: ``--backend``, ``--url``, or as `Client` finds one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend


def chosen_backend(backend: str | None, url: str | None = None) -> Backend:
    """Return the backend of a block, of a URL (``-`` reads it from stdin), or the default one."""
    from smsbridge.config.load import from_environment, from_file
    from smsbridge.config.url import from_url

    if backend is not None and url is not None:
        raise click.UsageError("give one of --backend and --url")
    if backend == "":
        raise click.UsageError("--backend is empty")
    if url is not None:
        return from_url(sys.stdin.readline().strip() if url == "-" else url)
    return from_environment() if backend is None else from_file(backend)
