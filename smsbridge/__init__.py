"""Send SMS and WhatsApp through REST, SOAP or OAuth2 by one interface, never twice by accident."""

TYPE_CHECKING = False  # as typing has it; to import typing takes longer than all of this
if TYPE_CHECKING:
    from smsbridge.auth.schemes import (
        Basic,
        ClientCredentials,
        Digest,
        Fields,
        Login,
        UsernameToken,
    )
    from smsbridge.backends.base import Backend, backend
    from smsbridge.backends.limits import Limit, Retry
    from smsbridge.client.aio import AsyncClient
    from smsbridge.client.message_group import Result
    from smsbridge.client.sync import Client
    from smsbridge.codecs.rest import Rest
    from smsbridge.codecs.soap.codec import Soap
    from smsbridge.errors import (
        Attempt,
        AuthenticationFailed,
        CallerError,
        CallRecord,
        ConfigError,
        InvalidMessage,
        MissingExtra,
        NoAnswer,
        NotSent,
        Outcome,
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
    "CallRecord",
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
    "Outcome",
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
    "backend",
]
_HOMES = {
    **dict.fromkeys(
        ("Basic", "ClientCredentials", "Digest", "Fields", "Login", "UsernameToken"), "auth.schemes"
    ),
    **dict.fromkeys(("Backend", "backend"), "backends.base"),
    **dict.fromkeys(("Limit", "Retry"), "backends.limits"),
    "AsyncClient": "client.aio",
    "Result": "client.message_group",
    "Client": "client.sync",
    "Rest": "codecs.rest",
    "Soap": "codecs.soap.codec",
    **dict.fromkeys(
        (
            "Attempt",
            "AuthenticationFailed",
            "CallerError",
            "CallRecord",
            "ConfigError",
            "InvalidMessage",
            "MissingExtra",
            "NoAnswer",
            "NotSent",
            "Outcome",
            "OutcomeUnknown",
            "Reason",
            "Rejected",
            "SendError",
            "SmsbridgeError",
            "Unsupported",
        ),
        "errors",
    ),
    **dict.fromkeys(("Operation", "Protocol", "Question"), "mapping.operation"),
    "When": "mapping.words",
    **dict.fromkeys(
        ("Channel", "Message", "Options", "ReceivedMessage", "SentMessage", "Status", "Submission"),
        "message",
    ),
    "Secret": "text.secrets",
}


def __getattr__(name: str) -> object:
    """Import a name on first use, and no more than it needs."""
    if name not in _HOMES:
        raise AttributeError(f"smsbridge has no {name}", name=name)
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    """Return the names, imported or not."""
    return sorted({*globals(), *__all__})
