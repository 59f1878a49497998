"""``smsbridge serve``: a bridge on a real socket."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import replace

import click

from smsbridge.cli.local_doors import local_doors
from smsbridge.cli.options import cannot_listen, config_option
from smsbridge.cli.signals import until_signal
from smsbridge.cli.streams import put

_HELP = """Replace a service: store what its callers send, and send it through another backend.

\b
Reads [bridge] and [doors.NAME] from smsbridge.toml:
  [bridge]
  store = "sqlite:///bridge.db"
  listen = "127.0.0.1:8780"
  [doors.old-shop]
  speaks = "oldcorp"
  to = "newcorp"
  callers = { shop = { api_key = { env = "SHOP_KEY" } } }

Prints one line of JSON when ready. Logs to stderr, one JSON object per line. Runs until SIGTERM or
Ctrl-C, then finishes the sends in flight within 25 seconds. The bridge itself answers GET /livez,
/readyz and /metrics.

Several processes may share a store in PostgreSQL; on one machine, give each its own --listen. A
process with --doors 0 only sends.
"""


@click.command(help=_HELP)
@config_option
@click.option(
    "--listen", "where", metavar="HOST:PORT", help="Where to listen, instead of listen in [bridge]."
)
@click.option(
    "--doors",
    type=click.Choice(["all", "0"]),
    default="all",
    show_default=True,
    help="0: take no calls, only send what other processes have stored.",
)
def serve(config: str | None, where: str | None, doors: str) -> None:
    """Serve the bridge."""
    from smsbridge.bridge.config import read_bridge, read_listen
    from smsbridge.config.load import read_document
    from smsbridge.errors import MissingExtra

    try:
        from smsbridge.bridge.app import BridgeApp
        from smsbridge.bridge.json_log import log_to_stderr
        from smsbridge.bridge.serve_bridge import serve_bridge
        from smsbridge.bridge.uvicorn_server import listen, most_connections, serve_app, url_of
    except ImportError as missing:
        raise MissingExtra("bridge", "smsbridge serve") from missing

    given = read_bridge(read_document(config))
    if where is not None:
        found = read_listen(where)
        if found is None:
            raise click.UsageError("--listen: give a host and port, such as 127.0.0.1:8780")
        given = replace(given, host=found[0], port=found[1])
    log_to_stderr()
    with ExitStack() as stack:
        wait = stack.enter_context(until_signal())
        ready = local_doors(given, stack)
        try:
            listening = stack.enter_context(listen(given.host, given.port))
        except OSError as error:
            raise cannot_listen(given.host, given.port, error.strerror) from None
        address = given.address or url_of(listening)
        bridge = stack.enter_context(serve_bridge(ready, address, doors=doors != "0"))
        app, most = BridgeApp(bridge).app(), most_connections()
        stack.enter_context(serve_app(app, listening, ready.proxies, most=most))
        heard = {door.config.name: f"{address}{door.config.path}" for door in bridge.doors}
        put(json.dumps({"address": address, "doors": heard}))
        wait()
