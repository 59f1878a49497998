"""A backend made of backends: the next is tried if the last is proved to have taken nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields
from typing import TYPE_CHECKING, NoReturn

from smsbridge.backends.base import Backend, backend
from smsbridge.backends.config_check import MOST_SECONDS
from smsbridge.errors import ConfigError, NotSent, OutcomeUnknown, Rejected, SendError, Unsupported
from smsbridge.http.exchange import direct_to

if TYPE_CHECKING:
    from smsbridge.http.exchange import Exchange, Session
    from smsbridge.message import Message, Submission

_KEPT = "failed"
_OWN = ("protocol", "default_region", "retry")


@backend
class Failover(Backend):
    """Sends by the first of its ``backends`` that takes the message, in their order.

    ``backends``: name to backend; in a config file a list of blocks. It goes on after `NotSent`,
    after `Unsupported`, and after a `Rejected` whose reason another backend may not share
    (``Reason.elsewhere``); never after `OutcomeUnknown`. A backend that failed is skipped for
    ``expire`` seconds, or as long as it asked to wait, if another is available.

    >>> from smsbridge.backends.console import Console
    >>> from smsbridge.backends.failover import Failover
    >>> Client(Failover(backends={"first": Console(), "second": Console()}))
    <Client failover over failover>
    """

    name = "failover"
    protocol = "failover"

    backends: Mapping[str, Backend] = field(default_factory=dict)
    expire: float = 60.0

    def __post_init__(self) -> None:
        """Refuse fewer than two backends, an invalid ``expire``, and what each of them has."""
        super().__post_init__()
        for key in fields(Backend):
            if key.name not in _OWN and getattr(self, key.name) != key.default:
                why = f"{key.name}: give it to each of the backends instead"
                raise ConfigError(why, (key.name,))
        given = self.backends
        if not isinstance(given, Mapping) or not all(
            isinstance(name, str) and name and isinstance(one, Backend)
            for name, one in given.items()
        ):
            raise ConfigError("backends: give each by its name, and each a Backend", ("backends",))
        if nested := [name for name, one in given.items() if isinstance(one, Failover)]:
            why = f"backends: {nested[0]} is a failover itself: name its backends instead"
            raise ConfigError(why, ("backends",))
        if len(given) < 2:  # noqa: PLR2004  (failover needs a second backend)
            raise ConfigError("backends: give two or more", ("backends",))
        logs = (f"{name}/log" for name, one in given.items() if one.log)
        if taken := next((name for name in logs if name in given), ""):
            raise ConfigError(f"backends: {taken} is the log of another: rename it", ("backends",))
        number = isinstance(self.expire, int | float) and not isinstance(self.expire, bool)
        if not number or not 0 <= self.expire <= MOST_SECONDS:
            raise ConfigError(f"expire: give seconds, from 0 to {MOST_SECONDS}", ("expire",))

    def members(self) -> Mapping[str, Backend]:
        """Return the backends by name, in their order."""
        return self.backends

    def send(self, message: Message, session: Session) -> Exchange[Submission]:
        """Send one message by the first backend that takes it."""
        marks: dict[str, float] = session.kept.setdefault(_KEPT, {})
        failures: dict[str, SendError | Unsupported] = {}
        for name in self._order(marks, session.monotonic()):
            sending = self.backends[name].send(message, session.of(name))
            try:
                submission = yield from direct_to(name, sending)
            except Unsupported as error:
                failures[name] = error
                continue
            except SendError as error:
                final = isinstance(error, Rejected) and not error.reason.elsewhere
                if final or isinstance(error, OutcomeUnknown):
                    _note(error, failures)
                    raise
                rest = max(self.expire, getattr(error, "retry_after", None) or 0)
                marks[name] = session.monotonic() + rest
                failures[name] = error
                continue
            marks.pop(name, None)
            return submission
        self._fail(failures)

    def _order(self, marks: Mapping[str, float], now: float) -> list[str]:
        """Return the names to try: those that have not failed lately first."""
        fresh = [name for name in self.backends if marks.get(name, now) <= now]
        return fresh or list(self.backends)

    def _fail(self, failures: Mapping[str, SendError | Unsupported]) -> NoReturn:
        tried = [one for one in failures.values() if isinstance(one, SendError)]
        again = (one for one in tried if isinstance(one, NotSent) and one.retry)
        told = next(again, [*failures.values(), *tried][-1])
        _note(told, failures)
        raise told

    def find_table(self, name: str, what: str) -> NoReturn:
        """Refuse every operation but a send: it has no table itself."""
        where = ", ".join(self.backends)
        alone = "" if name in ("sent", "received") else " by an id alone"
        raise Unsupported(f"{self.name} can't {what}{alone}: ask one of {where}")


def _note(told: Exception, others: Mapping[str, SendError | Unsupported]) -> None:
    """Add notes to the error that is raised: why the other backends took nothing."""
    for name, other in others.items():
        if other is not told:
            told.add_note(f"{name}: {other.why if isinstance(other, SendError) else other}")
