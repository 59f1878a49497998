"""One send by a command: it ends with the code of its outcome, whatever else goes wrong."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from smsbridge.cli.output import conclude
from smsbridge.errors import Attempt, OutcomeUnknown, SendError, SmsbridgeError

if TYPE_CHECKING:
    from smsbridge.backends.base import Backend
    from smsbridge.client.sync import Client
    from smsbridge.message import Submission


def send_by(
    backend: Backend, send: Callable[[Client], Submission], attempt: Attempt, *, as_json: bool
) -> NoReturn:
    """Send, show how it ended, and exit with its code. ``attempt``: what to look for at worst.

    Ctrl-C and SIGTERM make an unknown outcome of it while it goes on, and change none afterwards.
    """
    from smsbridge.client.sync import Client

    ended: Submission | SendError | None = None
    why = "interrupted"
    with _interruptible():
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


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM interrupt as Ctrl-C does, unless it is ignored."""
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
