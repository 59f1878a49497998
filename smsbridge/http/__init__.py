"""HTTP without I/O, and the transports that do it."""

from smsbridge.http.exchange import Broken, Exchange, Left, Request, Response, Session

__all__ = ["Broken", "Exchange", "Left", "Request", "Response", "Session"]
