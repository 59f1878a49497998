"""All that tools write of an error: tracebacks with values, error reports, structured logs."""

from __future__ import annotations

import json
import pickle
import traceback
from collections.abc import Callable
from io import StringIO
from types import TracebackType
from typing import Any

import loguru
import sentry_sdk
from rich.console import Console
from rich.traceback import Traceback
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from sentry_sdk.utils import event_from_exception

import smsbridge

_OURS = smsbridge.__path__[0]


def below_the_caller(error: BaseException) -> BaseException:
    """Return an error without the frames of who called us: they are the caller's own."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(_OURS):
        trace = trace.tb_next
    assert trace is not None, "no frame of ours is left to look at"
    return error.with_traceback(trace)


def by_traceback(error: BaseException) -> str:
    told = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(told.format())


def by_rich(error: BaseException) -> str:
    console = Console(file=StringIO(), width=300, color_system=None)
    console.print(
        Traceback.from_exception(
            type(error),
            error,
            error.__traceback__,
            show_locals=True,
            extra_lines=0,
            locals_max_length=None,  # type: ignore[arg-type]  # None is no limit
            locals_max_string=None,  # type: ignore[arg-type]  # the same
        )
    )
    return str(console.file.getvalue())  # type: ignore[attr-defined]  # it is the StringIO above


def by_loguru(error: BaseException) -> str:
    lines: list[str] = []
    sinks = [
        loguru.logger.add(
            lines.append,
            level=0,
            serialize=serialize,
            diagnose=True,
            backtrace=False,  # it adds the frames of the caller
            catch=False,
        )
        for serialize in (False, True)
    ]
    try:
        loguru.logger.opt(exception=error).error("it failed")
    finally:
        for sink in sinks:
            loguru.logger.remove(sink)
    return "".join(lines)


class _Kept(Transport):
    """Keeps what would be sent to Sentry."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Any] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.events += [item.payload.json for item in envelope.items]


def by_sentry(error: BaseException) -> str:
    kept = _Kept()
    client = sentry_sdk.Client(
        dsn="http://public@127.0.0.1:9/1",
        transport=kept,
        default_integrations=False,
        max_value_length=100_000,
    )
    event, hint = event_from_exception(error, client_options=client.options)
    client.capture_event(event, hint)
    assert kept.events, "Sentry made no event"
    return json.dumps(kept.events)


def by_pickle(error: BaseException) -> str:
    return pickle.dumps(error).decode("latin-1")


def by_itself(error: BaseException) -> str:
    return f"{error} {error!r} {vars(error)} {getattr(error, '__notes__', '')}"


REPORTS: tuple[Callable[[BaseException], str], ...] = (
    by_itself,
    by_traceback,
    by_rich,
    by_loguru,
    by_sentry,
)
