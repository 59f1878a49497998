"""SMSMobileAPI, https://api.smsmobileapi.com: SMS and WhatsApp through the customer's own phone.

The source of each fact is beside it: DOC the provider's documentation of early 2025, OAS its
OpenAPI file of September 2026, MODULE its package ``smsmobileapi`` 2.0.1, FIELD third-party code
that depends on it, ASSUMED our assumption. None was seen live.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from smsbridge.auth.schemes import ClientCredentials, Fields
from smsbridge.backends.base import Backend, backend
from smsbridge.codecs.rest import Rest
from smsbridge.codecs.soap.codec import Soap
from smsbridge.errors import InvalidMessage, Reason
from smsbridge.mapping.codec import Note
from smsbridge.mapping.operation import Operation, Protocol, Question
from smsbridge.mapping.template import Template
from smsbridge.mapping.words import When, word_at
from smsbridge.message import Channel, Message, Options, Status, show_value
from smsbridge.text.secrets import Secret
from smsbridge.webhooks.signatures import Signature
from smsbridge.webhooks.table import Webhook, WebhookKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SMSMobileAPIOptions(Options):
    """What only SMSMobileAPI knows (OAS, ``origin``: MODULE).

    ``device``: which phone sends, the first available by default. ``sim``: its slot, 1 or 2.
    ``short_links``: shorten links in the text. ``encrypt``: encrypt the text. ``media_url``,
    ``media_url_short``, ``pdf_with_image``: media, by WhatsApp only. ``origin``: a tag.

    >>> from smsbridge.backends.smsmobileapi import SMSMobileAPIOptions
    >>> sms.send("+12025550123", "Hello", options=SMSMobileAPIOptions(sim=2)).status
    <Status.QUEUED: 'queued'>
    """

    device: str | None = None
    sim: int | None = None
    short_links: bool = False
    encrypt: bool = False
    media_url: str | None = None
    media_url_short: str | None = None
    pdf_with_image: str | None = None
    origin: str | None = None

    def __post_init__(self) -> None:
        """Refuse a SIM slot other than 1 or 2."""
        super(SMSMobileAPIOptions, self).__post_init__()
        if self.sim not in (None, 1, 2):
            raise InvalidMessage(
                f"options.sim {show_value(self.sim)}: give 1 or 2, or leave it out"
            )


def _by_whatsapp(template: str) -> Template:
    return {"{channels}": {"whatsapp": template, "sms+whatsapp": template}}


_ERRORS = {  # FIELD, unverified
    "1": Reason.AUTHENTICATION,
    "2": Reason.OTHER,  # the phone is offline
    "subscription_expire": Reason.ACCOUNT,
}
_SEND = Operation(
    "POST /sendsms/",  # DOC; the slash is always written: without it a 301 may come (ASSUMED)
    fields={
        "recipients": {
            "{channels}": {"whatsapp": "{recipient|digits}", "*": "{recipient}"}
        },  # MODULE
        "message": "{text}",  # DOC
        "sendwa": {"{channels}": {"whatsapp": "1", "sms+whatsapp": "1"}},  # DOC
        "sendsms": {"{channels}": {"whatsapp": "0", "sms+whatsapp": "1"}},  # DOC
        "schedule_timestamp": "{send_at|epoch}",  # DOC: seconds, UTC
        "sIdentifiant": "{options.device}",  # OAS, as the rest but for "from"
        "port": "{options.sim}",
        "shorturl": {"{options.short_links}": {"true": "1"}},
        "encrypt_message": {"{options.encrypt}": {"true": "yes"}},
        "url_media": _by_whatsapp("{options.media_url}"),
        "url_media_shorted": _by_whatsapp("{options.media_url_short}"),
        "pdf_with_image": _by_whatsapp("{options.pdf_with_image}"),
        "from": "{options.origin}",  # MODULE
    },
    accepted=When({"result.error": "0"}, id="result.id", status="result.sent"),  # DOC
    rejected={
        "result.error": {**_ERRORS, "*": Reason.OTHER},
        "error": {},  # OAS: the code that comes with a status of 400 or above
    },
)
_SEND_SOAP = Operation(
    "sendSms",  # DOC
    fields={"recipients": "{recipient}", "message": "{text}"},
    accepted=_SEND.accepted,  # ASSUMED: the same JSON, as text in the part "return"
    rejected={
        **_SEND.rejected,
        "fault.string": {"Invalid API key": Reason.AUTHENTICATION},  # ASSUMED
    },
)
_GUID = ("guid", "guid_message", "id")  # one thing by three names (FIELD)
_TIME = ("timestamp_unix", "time_received", "date hour")  # OAS; the others FIELD
_LOG = "GET /log/sent/sms/"  # DOC
_LOG_ROW = {
    "id": _GUID,  # ASSUMED, as number, text and time: the names of /getsms/
    "recipient": "number",
    "text": "message",
    "at": _TIME,
    "status": "send_from_mobile",  # FIELD
    "error": ("send_from_mobile_erreur", "error_api"),  # FIELD
}
_ANY_BUT_0 = r"/(?s)(?!0$).*\S.*/"
_LOG_MEANS: dict[str, Any] = {
    "rows": "result.sms",  # DOC; result.error there says that there is no entry yet (FIELD)
    "rejected": {"error": {}},
    "statuses": {"1": Status.SENT, "0": Status.QUEUED},  # FIELD: sent by the phone; 0 ASSUMED
    "failed": When({"send_from_mobile_erreur": _ANY_BUT_0}),
    "refused": When({"error_api": _ANY_BUT_0}),
}
_STATUS = Question(_LOG, {"guid_message": "{id}"}, _LOG_ROW, **_LOG_MEANS)
_SENT = Question(
    _LOG,
    {
        "guid_message": "{id}",  # DOC, as the rest
        "before": "{before|epoch}",  # a time, or the id of a message
        "error_api": {"{failed}": {"request": "1"}},
        "error_mobile": {"{failed}": {"phone": "1"}},
        "keyword": {"{recipient}": {"": "{keyword}", "*": "{recipient|digits}"}},
    },
    _LOG_ROW,
    **_LOG_MEANS,
    pages="id",
)
_RECEIVED = Question(
    "GET /getsms/",  # OAS, as the fields and the row
    {
        "after_timestamp_unix": "{after|epoch}",
        "sIdentifiantPhone": "{device}",
        "onlyunread": {"{unread}": {"true": "yes"}},
    },
    {
        "id": _GUID,
        "sender": "number",
        "text": "message",
        "at": _TIME,
        "device": "sIdentifiantPhone",
    },
    "result.sms",
    rejected=_SEND.rejected,
)
_RESEND = Operation(
    "POST /resend/",  # DOC; its answer ASSUMED to be of the family of /sendsms/
    {"guid": "{id}"},
    When({"result.error": "0"}, id="result.id"),
    _SEND.rejected,
)
_DELETE = Operation(
    "GET /deletesms/",  # DOC; the form of dates, and the answer, ASSUMED
    {"guid_message": "{id}", "date_start": "{first|date}", "date_end": "{last|date}"},
    When({"result.error": "0"}),
    _SEND.rejected,
)
_REST: dict[str, Any] = {
    "send": _SEND,
    "status": _STATUS,
    "received": _RECEIVED,
    "sent": _SENT,
    "resend": _RESEND,
    "delete": _DELETE,
}
_SIGNATURE = Signature(  # OAS, the 300 seconds too
    header="X-SMSMobileAPI-Signature",
    rotating="X-SMSMobileAPI-Signature-Next",
    timestamp="X-SMSMobileAPI-Timestamp",
    value=["v1=", {"hmac-sha256": {"key": "{secret}", "of": "{timestamp}.{body}"}}],
    seconds=300,
)
_EVENT: dict[str, Any] = {
    "signed": _SIGNATURE,
    "headers": {  # OAS
        "X-SMSMobileAPI-Event": "{type}",
        "X-SMSMobileAPI-Event-ID": "{id}",
        "X-SMSMobileAPI-Delivery": "{delivery}",
        "Idempotency-Key": "{id}",
    },
    "envelope": {  # OAS
        "id": "id",
        "type": "type",
        "version": "api_version",
        "created_at": "created_at",
        "occurred_at": "occurred_at",
        "data": "data",
    },
    "also": {"api_version": "2"},  # ASSUMED, as is the form of times: ISO 8601
}
_ARRIVED_ROW = {  # OAS for sms.received; for whatsapp.received ASSUMED to be the same
    "id": _GUID,
    "sender": ("from", "number"),
    "text": "message",
    "at": "received_at",
    "device": ("device_id", "sIdentifiantPhone", "sIdentifiant", "sid"),
}
_REPORTED_ROW = {  # ASSUMED: only the data of sms.received is published
    "id": _GUID,
    "recipient": ("to", "number", "recipient"),
    "sender": "from",
    "text": "message",
    "error": "error",
    "status": "#request.type",
}


_ARRIVED: dict[str, Any] = {
    **_EVENT,
    "kind": WebhookKind.ARRIVED,
    "row": _ARRIVED_ROW,
    "also": {"api_version": "2", "data.alias": None},  # OAS
}
_REPORTED: dict[str, Any] = {**_EVENT, "kind": WebhookKind.REPORTED, "row": _REPORTED_ROW}
_SMS_STATUSES = {  # types: OAS; the status that each means: ASSUMED
    "sms.api.submitted": Status.QUEUED,
    "sms.sent": Status.SENT,
    "sms.mobile.sent": Status.SENT,
    "sms.failed": Status.UNDELIVERED,
}
_WHATSAPP_STATUSES = {
    "whatsapp.submitted": Status.QUEUED,
    "whatsapp.sent": Status.SENT,
    "whatsapp.failed": Status.UNDELIVERED,
}
_OTHERS = (  # OAS
    "call.missed",
    "call.incoming",
    "call.outgoing",
    "whatsapp.voice.transcribed",
    "email.sent",
    "email.received",
)
_FIRST_VERSION = Webhook(  # DOC
    kind=WebhookKind.ARRIVED,
    types=("sms.received",),
    texts=("date", "hour", "time_received", "message", "number", "guid"),
    envelope={"created_at": "date hour", "occurred_at": ("time_received", "date hour")},
    row={
        "id": "guid",
        "sender": "number",
        "text": "message",
        "at": {"path": "time_received", "format": "%Y-%m-%d %H:%M:%S"},  # no zone: UTC (ASSUMED)
    },
    also={"date": "{now|%Y-%m-%d}", "hour": "{now|%H:%M:%S}"},
)
_WEBHOOKS = (
    Webhook(types=("sms.received",), **_ARRIVED),
    Webhook(types=("whatsapp.received",), channel=Channel.WHATSAPP, **_ARRIVED),
    Webhook(types=tuple(_SMS_STATUSES), statuses=_SMS_STATUSES, **_REPORTED),
    Webhook(
        types=tuple(_WHATSAPP_STATUSES),
        statuses=_WHATSAPP_STATUSES,
        channel=Channel.WHATSAPP,
        **_REPORTED,
    ),
    Webhook(
        kind=WebhookKind.OTHER,
        types=_OTHERS,
        **_EVENT | {"also": {**_EVENT["also"], "data.guid": "{id}", "data.from": "{sender}"}},
    ),
    _FIRST_VERSION,
    Webhook(kind=WebhookKind.OTHER, **_EVENT),
)


@backend
class SMSMobileAPI(Backend):
    """SMSMobileAPI: an ``api_key``, or ``client_id`` and ``client_secret`` for ``oauth``."""

    name = "smsmobileapi"
    url = "https://api.smsmobileapi.com"
    options = SMSMobileAPIOptions
    statuses = {"1": Status.QUEUED, "no": Status.UNKNOWN}  # OAS: queued; FIELD: the phone has not

    webhooks = _WEBHOOKS

    api_key: Secret | None = None
    client_id: str = ""
    client_secret: Secret | None = None

    protocols = {
        "rest": Protocol(Rest(body="form"), Fields({"apikey": "{api_key}"}), **_REST),
        "soap": Protocol(
            Soap(
                wsdl="smsbridge.wsdl:sendsms.wsdl",
                json_part="return",
                published="/sendsms/wsdl/sendsms.wsdl",
            ),
            Fields({"apikey": "{api_key}"}),
            send=_SEND_SOAP,
        ),
        "oauth": Protocol(
            Rest(body="form"),
            ClientCredentials("POST /oauth2/token", "client_id", "client_secret"),
            **_REST,
        ),
    }

    def taken(self, _operation: Operation, given: Mapping[str, Any], note: Note) -> Message:
        """Return the message that the provider reads from its fields, quirks included."""
        whatsapp = given.get("sendwa") in ("1", 1) or given.get("waonly") == "yes"
        sms = given.get("sendsms", "") not in ("0", 0) and given.get("waonly") != "yes"
        number = _word(given, "recipients")
        if number.startswith(" "):  # a literal + in a query decodes to a space (DOC)
            note("a literal + in a query")
            number = f"+{number[1:]}"
        elif whatsapp and number.isdigit():
            number = f"+{number}"
        channels = {Channel.SMS: sms, Channel.WHATSAPP: whatsapp}
        return Message(
            recipient=number,
            text=_word(given, "message"),
            channels=frozenset(channel for channel, wanted in channels.items() if wanted),
        )


def _word(given: Mapping[str, Any], name: str) -> str:
    """Return the word or number of a field; nothing of a list or an object."""
    return "" if isinstance(given.get(name), list) else word_at(given, name) or ""
