"""Send SMS and WhatsApp through REST, SOAP or OAuth2 by one interface, never twice by accident."""

from smsbridge.async_client import AsyncClient
from smsbridge.auth import Basic, Fields
from smsbridge.backend import Backend
from smsbridge.client import Client
from smsbridge.codecs.rest import Rest
from smsbridge.codecs.soap import Soap
from smsbridge.digest import Digest
from smsbridge.errors import (
    Attempt,
    AuthenticationFailed,
    CallerError,
    ConfigError,
    InvalidMessage,
    MissingExtra,
    NoAnswer,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    SendError,
    SmsbridgeError,
    Unsupported,
)
from smsbridge.login import Login
from smsbridge.many import Result
from smsbridge.message import (
    Channel,
    Message,
    Options,
    ReceivedMessage,
    SentMessage,
    Status,
    Submission,
)
from smsbridge.oauth import ClientCredentials
from smsbridge.operation import Operation, Protocol, Question
from smsbridge.outcome import When
from smsbridge.pace import Limit, Retry
from smsbridge.secret import Secret
from smsbridge.wsse import UsernameToken

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
    "Digest",
    "Fields",
    "InvalidMessage",
    "Limit",
    "Login",
    "Message",
    "MissingExtra",
    "NoAnswer",
    "NotSent",
    "Operation",
    "Options",
    "OutcomeUnknown",
    "Protocol",
    "Question",
    "Reason",
    "ReceivedMessage",
    "Rejected",
    "Rest",
    "Result",
    "Retry",
    "Secret",
    "SendError",
    "SentMessage",
    "SmsbridgeError",
    "Soap",
    "Status",
    "Submission",
    "Unsupported",
    "UsernameToken",
    "When",
]
