"""Send SMS and WhatsApp through REST, SOAP or OAuth2 by one interface, never twice by accident."""

from smsbridge.auth import Basic, Field
from smsbridge.backend import Backend
from smsbridge.client import AsyncClient, Client
from smsbridge.codecs.rest import Rest
from smsbridge.codecs.soap import Soap
from smsbridge.errors import (
    Attempt,
    AuthenticationFailed,
    CallerError,
    ConfigError,
    InvalidMessage,
    MissingExtra,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    SendError,
    SmsbridgeError,
    Unsupported,
)
from smsbridge.message import Channel, Message, Options, Status, Submission
from smsbridge.oauth import ClientCredentials
from smsbridge.operation import Operation, Protocol
from smsbridge.outcome import When
from smsbridge.secret import Secret

__all__ = [
    "AsyncClient",
    "Attempt",
    "AuthenticationFailed",
    "Backend",
    "Basic",
    "CallerError",
    "Channel",
    "Client",
    "ClientCredentials",
    "ConfigError",
    "Field",
    "InvalidMessage",
    "Message",
    "MissingExtra",
    "NotSent",
    "Operation",
    "Options",
    "OutcomeUnknown",
    "Protocol",
    "Reason",
    "Rejected",
    "Rest",
    "Secret",
    "SendError",
    "SmsbridgeError",
    "Soap",
    "Status",
    "Submission",
    "Unsupported",
    "When",
]
