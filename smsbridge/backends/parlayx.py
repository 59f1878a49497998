"""Parlay X 2.1 SMS, the SOAP interface of mobile operators' gateways: SendSms 2.2.

Where each fact comes from: STD the standard, ETSI ES 202 391-4 and -1, as the WSDLs in use have it;
OMA the list of codes that OMA keeps; HUAWEI code in the field for Huawei's SDP; WSS OASIS
WS-Security 1.0, §12; ASSUMED our assumption. None was seen live.
"""

from __future__ import annotations

from smsbridge.auth.schemes import Basic, UsernameToken
from smsbridge.backends.base import Backend, backend
from smsbridge.codecs.soap.codec import Soap
from smsbridge.errors import ConfigError, Reason
from smsbridge.mapping.operation import Operation, Protocol, Question
from smsbridge.mapping.words import When
from smsbridge.message import Status
from smsbridge.text.secrets import Secret

_CODES = {  # OMA (SVC0281 ASSUMED); from 0900 HUAWEI. SVC0001, SVC0903, POL0903 prove nothing
    **dict.fromkeys(("SVC0002", "SVC0003", "SVC0007", "SVC0905"), Reason.REQUEST),
    **dict.fromkeys(("SVC0004", "SVC0006", "SVC0904"), Reason.RECIPIENT),
    **dict.fromkeys(("SVC0280", "SVC0281", "SVC0902", "POL0908"), Reason.CONTENT),
    **dict.fromkeys(("SVC0900", "SVC0901"), Reason.AUTHENTICATION),
    **dict.fromkeys(("POL0002", "POL0003", "POL0006", "POL0007"), Reason.RECIPIENT),
    **dict.fromkeys(("POL0008", "POL0906"), Reason.ACCOUNT),
    **dict.fromkeys(("POL0900", "POL0907"), Reason.REQUEST),
    **dict.fromkeys(("POL0001", "POL0905"), Reason.OTHER),
    **dict.fromkeys(("POL0904",), Reason.RATE),
}
_UNTRUSTED = ("FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken")
_REJECTED = {
    "fault.detail.ServiceException.messageId": _CODES,  # STD
    "fault.detail.PolicyException.messageId": _CODES,
    "fault.code": {**_CODES, **dict.fromkeys(_UNTRUSTED, Reason.AUTHENTICATION)},  # HUAWEI, WSS
}
_SEND = Operation(
    "sendSms",  # STD; no receiptRequest: its correlator can't go without an endpoint
    fields={"addresses": "tel:{recipient}", "senderName": "{sender}", "message": "{text}"},
    accepted=When({"result": "*"}, id="result"),
    rejected=_REJECTED,
)
_STATUS = Question(
    "getSmsDeliveryStatus",  # STD
    {"requestIdentifier": "{id}"},
    row={"status": "deliveryStatus", "recipient": "address"},
    rows="result",
    rejected=_REJECTED,
)
_SOAP = Soap(wsdl="smsbridge.wsdl:parlayx_sms_send_2_2.wsdl")
_USER = ("username", "password")


@backend
class ParlayX(Backend):
    """Parlay X 2: ``url``, the operator's own address, with ``username`` and ``password``."""

    name = "parlayx"
    statuses = {  # STD the words; what they mean: ASSUMED
        "DeliveredToNetwork": Status.SENT,
        "DeliveryUncertain": Status.UNKNOWN,
        "DeliveryImpossible": Status.UNDELIVERED,
        "MessageWaiting": Status.QUEUED,
        "DeliveredToTerminal": Status.DELIVERED,
        "DeliveryNotificationNotSupported": Status.UNKNOWN,
    }

    username: str = ""
    password: Secret | None = None

    protocols = {
        "soap": Protocol(_SOAP, UsernameToken(*_USER), _SEND, _STATUS),
        "digest": Protocol(_SOAP, UsernameToken(*_USER, digest=True), _SEND, _STATUS),
        "basic": Protocol(_SOAP, Basic(*_USER), _SEND, _STATUS),
    }

    def __post_init__(self) -> None:
        """Refuse a config without an address: there is no default address."""
        if not self.url:
            raise ConfigError("url: give the address of the operator's SendSms", ("url",))
        super().__post_init__()
