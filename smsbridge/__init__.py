"""Send SMS and WhatsApp through REST, SOAP or OAuth2 by one interface, never twice by accident."""

from smsbridge.auth.digest import Digest
from smsbridge.auth.login import Login
from smsbridge.auth.oauth2 import ClientCredentials
from smsbridge.auth.schemes import Basic, Fields
from smsbridge.auth.username_token import UsernameToken
from smsbridge.backends.base import Backend
from smsbridge.backends.limits import Limit, Retry
from smsbridge.client.aio import AsyncClient
from smsbridge.client.send_many import Result
from smsbridge.client.sync import Client
from smsbridge.codecs.rest import Rest
from smsbridge.codecs.soap.codec import Soap
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
from smsbridge.mapping.operation import Operation, Protocol, Question
from smsbridge.mapping.words import When
from smsbridge.message import (
    Channel,
    Message,
    Options,
    ReceivedMessage,
    SentMessage,
    Status,
    Submission,
)
from smsbridge.text.secrets import Secret

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
