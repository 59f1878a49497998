"""``smsbridge send``: one message; the exit code carries the outcome."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import click

from smsbridge.cli.exchange_lines import asking_options
from smsbridge.cli.options import (
    choose_backend,
    message_of,
    message_options,
    option_names,
)
from smsbridge.cli.output import conclude
from smsbridge.cli.signals import interrupt_by_sigterm
from smsbridge.errors import Attempt, OutcomeUnknown, SendError, SmsbridgeError

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.client.sync import Client
    from smsbridge.message import Submission

_HELP = """Send TEXT to the number TO.

\b
Examples:
  smsbridge send +12025550123 "Hello"
  smsbridge send +12025550123 "Hello" --backend staging --json
  echo "$URL" | smsbridge send +12025550123 "Hello" --url -

When the outcome is unknown, save the output of --json: `smsbridge resolve` reads it.
"""


@click.command(help=_HELP, short_help="Send one message.")
@click.argument("to")
@click.argument("text")
@message_options
@asking_options
def send(to: str, text: str, **given: Any) -> None:
    """Send TEXT to the number TO; the help is `_HELP`."""
    from smsbridge.http.exchange import Session

    backend = choose_backend(given["backend"], given["url"], given["config"])
    message = message_of(backend, to, text, given)
    attempt = backend.attempt(message, Session())
    with option_names():
        send_and_exit(
            backend, lambda client: client.send(message), attempt, as_json=given["as_json"]
        )


def send_and_exit(
    backend: Backend, send: Callable[[Client], Submission], attempt: Attempt, *, as_json: bool
) -> NoReturn:
    """Send, show how it ended, and exit with the code of its outcome, whatever else goes wrong.

    Ctrl-C and SIGTERM make the outcome unknown while the send goes on, and change none afterwards.
    ``attempt`` is what is to be looked up then.
    """
    from smsbridge.client.sync import Client

    ended: Submission | SendError | None = None
    why = "interrupted"
    with interrupt_by_sigterm():
        try:
            with Client(backend) as client:
                try:
                    ended = send(client)
                except SendError as error:
                    ended = error
        except SmsbridgeError:
            raise
        except KeyboardInterrupt:
            pass
        except Exception as error:  # noqa: BLE001  (it may have left by then: never guess)
            why = f"unexpected {type(error).__name__} while it was being sent"
        conclude(ended or OutcomeUnknown(why, attempt), as_json=as_json)
