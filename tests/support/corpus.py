"""The WSDLs in `tests/contracts`, with requests to them as a config and as zeep would have them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import zeep

CONTRACTS = Path(__file__).parents[1] / "contracts"

TO, OTHER = "12025550123", "447700900123"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A request. ``fields``: dotted path to text; the rest is what zeep takes for the same.

    ``port`` is needed where a WSDL has several of one SOAP version. No test may change a sample.
    """

    file: str
    operation: str
    fields: Mapping[str, str]
    values: Mapping[str, Any]
    headers: Mapping[str, Any] = field(default_factory=dict)
    port: str = ""


def free(name: str, text: str) -> Any:
    """Return an element that no contract names, for xsd:any."""
    string: Any = zeep.xsd.String
    element: Any = zeep.xsd.Element
    anything: Any = zeep.xsd.AnyObject
    return anything(element(name, string()), text)


REFUSED = {
    "mime.wsdl": "SOAP with attachments: zeep reads it, and then sends an empty Body",
    "mtom.wsdl": "MTOM: zeep takes no notice of the policy",
}

SAMPLES = (
    Sample(
        file="document-wrapped.wsdl",
        operation="Send",
        fields={
            "apiKey": "test-key",
            "request.destination": TO,
            "request.text": "hé 😀 <&> \"'",
        },
        values={"apiKey": "test-key", "request": {"destination": TO, "text": "hé 😀 <&> \"'"}},
    ),
    Sample(
        file="document-bare.wsdl",
        operation="Submit",
        fields={"destination": TO, "text": "hello"},
        values={"destination": TO, "text": "hello"},
    ),
    Sample(
        file="rpc-literal.wsdl",
        operation="sendSms",
        fields={"account.user": "acme", "account.password": "secret", "to": TO, "text": "hello"},
        values={"account": {"user": "acme", "password": "secret"}, "to": TO, "text": "hello"},
    ),
    Sample(
        file="rpc-encoded.wsdl",
        operation="sendMessage",
        fields={
            "apikey": "test-key",
            "recipient": f"+{TO}",
            "message": "hello",
            "flash": "true",
            "validity": "60",
        },
        values={
            "apikey": "test-key",
            "recipient": f"+{TO}",
            "message": "hello",
            "flash": True,
            "validity": 60,
        },
    ),
    Sample(
        file="rpc-encoded-strings.wsdl",
        operation="sendBulk",
        fields={
            "apikey": "test-key",
            "recipients[0]": TO,
            "recipients[1]": OTHER,
            "message": "hello",
        },
        values={"apikey": "test-key", "recipients": [TO, OTHER], "message": "hello"},
    ),
    Sample(
        file="rpc-encoded-strings.wsdl",
        operation="sendBulk",
        fields={"apikey": "test-key", "recipients": TO, "message": "one"},
        values={"apikey": "test-key", "recipients": [TO], "message": "one"},
    ),
    Sample(
        file="rpc-encoded-structs.wsdl",
        operation="sendMessages",
        fields={
            "apikey": "test-key",
            "messages[0].to": TO,
            "messages[0].text": "hello",
            "messages[1].to": OTHER,
            "messages[1].text": "hallo",
            "params[0].name": "user",
            "params[0].value": "acme",
        },
        values={
            "apikey": "test-key",
            "messages": [{"to": TO, "text": "hello"}, {"to": OTHER, "text": "hallo"}],
            "params": [{"name": "user", "value": "acme"}],
        },
    ),
    Sample(
        file="soap12.wsdl",
        operation="Send",
        fields={"to": TO, "text": "hello"},
        values={"to": TO, "text": "hello"},
    ),
    *(
        Sample(
            file="soap11-and-soap12.wsdl",
            operation="Send",
            fields={"to": TO, "text": "hello"},
            values={"to": TO, "text": "hello"},
            port=port,
        )
        for port in ("Soap11", "Soap12")
    ),
    Sample(
        file="services.wsdl",
        operation="Send",
        fields={"to": TO, "text": "hello"},
        values={"to": TO, "text": "hello"},
        port="Sending",
    ),
    Sample(
        file="services.wsdl",
        operation="GetStatus",
        fields={"messageId": "m-1"},
        values={"messageId": "m-1"},
        port="Tracking",
    ),
    Sample(
        file="services.wsdl",
        operation="GetBalance",
        fields={"account": "acme"},
        values={"account": "acme"},
        port="Billing",
    ),
    Sample(
        file="wsdl-import.wsdl",
        operation="Send",
        fields={"to": TO, "text": "hello"},
        values={"to": TO, "text": "hello"},
    ),
    Sample(
        file="schema-files.wsdl",
        operation="Send",
        fields={
            "message.to.country": "US",
            "message.to.number": TO,
            "message.text": "hello",
        },
        values={"message": {"to": {"country": "US", "number": TO}, "text": "hello"}},
    ),
    Sample(
        file="schema-circle.wsdl",
        operation="Send",
        fields={
            "message.to.number": TO,
            "message.to.plan.name": "gold",
            "message.to.plan.owner.number": OTHER,
            "message.to.plan.owner.plan.name": "lead",
            "message.text": "hello",
        },
        values={
            "message": {
                "to": {
                    "number": TO,
                    "plan": {"name": "gold", "owner": {"number": OTHER, "plan": {"name": "lead"}}},
                },
                "text": "hello",
            }
        },
    ),
    Sample(
        file="schema-inline.wsdl",
        operation="Send",
        fields={"message.to": TO, "message.text": "hello", "message.priority": "9"},
        values={"message": {"to": TO, "text": "hello", "priority": 9}},
    ),
    Sample(
        file="any.wsdl",
        operation="Send",
        fields={
            "to": TO,
            "text": "hello",
            "{urn:campaign:a}campaign": "summer",
            "{urn:campaign:b}tag": "vip",
        },
        values={
            "to": TO,
            "text": "hello",
            "_value_1": [
                free("{urn:campaign:a}campaign", "summer"),
                free("{urn:campaign:b}tag", "vip"),
            ],
        },
    ),
    Sample(
        file="values.wsdl",
        operation="Schedule",
        fields={
            "to": TO,
            "sendAt": "2030-01-02T03:04:05Z",
            "expires": "2030-01-03",
            "notBefore": "08:30:00",
            "validity": "-1",
            "reference": "9007199254740993",
            "class": "255",
            "maxPrice": "0.0500",
            "rate": "1.5",
            "flash": "false",
            "payload": "aMOpbGxv",
            "header": "0605040B84",
            "callback": "https://app.example/dlr?id=1&x=2",
        },
        values={
            "to": TO,
            "sendAt": dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
            "expires": dt.date(2030, 1, 3),
            "notBefore": dt.time(8, 30),
            "validity": -1,
            "reference": 9007199254740993,
            "class": 255,
            "maxPrice": Decimal("0.0500"),
            "rate": 1.5,
            "flash": False,
            "payload": "héllo".encode(),
            "header": "0605040B84",
            "callback": "https://app.example/dlr?id=1&x=2",
        },
    ),
    Sample(
        file="limits.wsdl",
        operation="Send",
        fields={
            "to": f"+{TO}",
            "text": "x" * 160,
            "encoding": "UCS2",
            "priority": "high",
            "sender": "Acme 1",
        },
        values={
            "to": f"+{TO}",
            "text": "x" * 160,
            "encoding": "UCS2",
            "priority": "high",
            "sender": "Acme 1",
        },
    ),
    Sample(
        file="attributes.wsdl",
        operation="Send",
        fields={
            "notice.@kind": "flash",
            "notice.to": TO,
            "notice.text.#text": "hello",
            "notice.text.@lang": "en",
        },
        values={"notice": {"kind": "flash", "to": TO, "text": {"_value_1": "hello", "lang": "en"}}},
    ),
    Sample(
        file="attributes.wsdl",
        operation="Send",
        fields={
            "notice.@kind": "stored",
            "notice.@campaign": "summer",
            "notice.to": TO,
            "notice.text.#text": "hello",
            "notice.text.@lang": "en-GB",
            "notice.text.@parts": "1",
            "reference.@id": "r-1",
        },
        values={
            "notice": {
                "kind": "stored",
                "campaign": "summer",
                "to": TO,
                "text": {"_value_1": "hello", "lang": "en-GB", "parts": 1},
            },
            "reference": {"id": "r-1"},
        },
    ),
    Sample(
        file="headers.wsdl",
        operation="Send",
        fields={
            "soap:Header.AuthHeader.Username": "acme",
            "soap:Header.AuthHeader.Password": "secret",
            "soap:Header.Trace.requestId": "t-1",
            "to": TO,
            "text": "hello",
        },
        values={"to": TO, "text": "hello"},
        headers={
            "auth": {"Username": "acme", "Password": "secret"},
            "Trace": {"requestId": "t-1"},
        },
    ),
    Sample(
        file="faults.wsdl",
        operation="Send",
        fields={"to": TO, "text": "hello"},
        values={"to": TO, "text": "hello"},
    ),
    Sample(
        file="nested.wsdl",
        operation="SendBatch",
        fields={
            "account": "acme",
            "param[0].name": "user",
            "param[0].value": "acme",
            "param[1].name": "route",
            "param[1].value": "gold",
            "batch.message[0].to[0]": TO,
            "batch.message[0].to[1]": OTHER,
            "batch.message[0].text": "hello",
            "batch.message[1].to": TO,
            "batch.message[1].text": "again",
        },
        values={
            "account": "acme",
            "param": [{"name": "user", "value": "acme"}, {"name": "route", "value": "gold"}],
            "batch": {
                "message": [{"to": [TO, OTHER], "text": "hello"}, {"to": [TO], "text": "again"}]
            },
        },
    ),
    Sample(
        file="nested.wsdl",
        operation="SendBatch",
        fields={"account": "acme", "batch.message.to": TO, "batch.message.text": "hello"},
        values={"account": "acme", "batch": {"message": [{"to": [TO], "text": "hello"}]}},
    ),
    Sample(
        file="array-of-string.wsdl",
        operation="SendMany",
        fields={"recipients.string[0]": TO, "recipients.string[1]": OTHER, "body": "hello"},
        values={"recipients": {"string": [TO, OTHER]}, "body": "hello"},
    ),
    Sample(
        file="array-of-string.wsdl",
        operation="SendMany",
        fields={"recipients.string": TO},
        values={"recipients": {"string": [TO]}},
    ),
    Sample(
        file="choice.wsdl",
        operation="Send",
        fields={"group": "staff", "text": "hello"},
        values={"group": "staff", "text": "hello"},
    ),
    Sample(
        file="choice.wsdl",
        operation="Send",
        fields={"list": "customers", "segment": "7", "text": "hello"},
        values={"list": "customers", "segment": 7, "text": "hello"},
    ),
    Sample(
        file="extension.wsdl",
        operation="SendText",
        fields={"message.@reference": "r-1", "message.to": TO, "message.text": "hello"},
        values={"message": {"reference": "r-1", "to": TO, "text": "hello"}},
    ),
    Sample(
        file="nillable.wsdl",
        operation="Send",
        fields={"to": TO, "text": "hello"},
        values={"to": TO, "text": "hello", "sender": zeep.xsd.Nil},
    ),
    Sample(
        file="nillable.wsdl",
        operation="Send",
        fields={"to": TO, "text": "", "sender": "acme", "validity": "0", "tag": "x"},
        values={"to": TO, "text": "", "sender": "acme", "validity": 0, "tag": "x"},
    ),
    Sample(
        file="unqualified.wsdl",
        operation="Send",
        fields={"to": TO, "content.text": "hello"},
        values={"to": TO, "content": {"text": "hello"}},
    ),
    Sample(
        file="form.wsdl",
        operation="Send",
        fields={"to.#text": TO, "to.@plan": "gold", "sender": "acme", "text": "hello"},
        values={"to": {"_value_1": TO, "plan": "gold"}, "sender": "acme", "text": "hello"},
    ),
    Sample(
        file="recursive.wsdl",
        operation="Send",
        fields={
            "to.name": "all",
            "to.group[0].name": "north",
            "to.group[0].number[0]": TO,
            "to.group[1].name": "south",
            "to.group[1].group.name": "coast",
            "to.group[1].group.number": OTHER,
            "text": "hello",
        },
        values={
            "to": {
                "name": "all",
                "group": [
                    {"name": "north", "number": [TO]},
                    {"name": "south", "group": [{"name": "coast", "number": [OTHER]}]},
                ],
            },
            "text": "hello",
        },
    ),
    Sample(
        file="http-bindings.wsdl",
        operation="Send",
        fields={"to": TO, "text": "hello"},
        values={"to": TO, "text": "hello"},
        port="AsmxSoap",
    ),
    Sample(
        file="one-way.wsdl",
        operation="Notify",
        fields={"messageId": "m-1", "state": "delivered"},
        values={"messageId": "m-1", "state": "delivered"},
    ),
    Sample(
        file="overloaded.wsdl",
        operation="send",
        fields={"from": "acme", "to": TO, "text": "hello"},
        values={"from": "acme", "to": TO, "text": "hello"},
    ),
    Sample(
        file="names.wsdl",
        operation="Send-SMS.v2",
        fields={"api-key": "test-key", "empfänger": TO, "текст": "hello", "_class": "0"},
        values={"api-key": "test-key", "empfänger": TO, "текст": "hello", "_class": 0},
    ),
    Sample(
        file="combined.wsdl",
        operation="Submit",
        fields={
            "soap:Header.Session.token": "test-token",
            "job.@priority": "1",
            "job.message[0].to.country": "US",
            "job.message[0].to.number": TO,
            "job.message[0].text": "hello",
            "job.message[0].sender.#text": "acme",
            "job.message[0].sender.@kind": "alpha",
            "job.message[0].tag[0]": "a",
            "job.message[0].tag[1]": "b",
            "job.message[1].to.country": "GB",
            "job.message[1].to.number": OTHER,
            "job.message[1].text": "hallo",
            "job.message[1].pool": "uk",
            "job.{urn:campaign:a}campaign": "summer",
        },
        values={
            "job": {
                "priority": 1,
                "message": [
                    {
                        "to": {"country": "US", "number": TO},
                        "text": "hello",
                        "sender": {"_value_1": "acme", "kind": "alpha"},
                        "tag": ["a", "b"],
                    },
                    {"to": {"country": "GB", "number": OTHER}, "text": "hallo", "pool": "uk"},
                ],
                "startAt": zeep.xsd.Nil,
                "_value_1": free("{urn:campaign:a}campaign", "summer"),
            }
        },
        headers={"Session": {"token": "test-token"}},
    ),
    Sample(
        file="combined-encoded.wsdl",
        operation="submitJob",
        fields={
            "soap:Header.Account.user": "acme",
            "soap:Header.Account.key": "test-key",
            "job.recipients[0]": TO,
            "job.recipients[1]": OTHER,
            "job.text": "hello",
            "job.options.priority": "high",
            "job.options.sendAt": "2030-01-02T03:04:05Z",
        },
        values={
            "job": {
                "recipients": [TO, OTHER],
                "text": "hello",
                "options": {
                    "priority": "high",
                    "sendAt": dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
                },
            }
        },
        headers={"Account": {"user": "acme", "key": "test-key"}},
    ),
    Sample(
        file="nusoap.wsdl",
        operation="send",
        fields={
            "user": "acme",
            "password": "secret",
            "messages[0].to": TO,
            "messages[0].text": "hello",
            "messages[0].flash": "true",
            "messages[1].to": OTHER,
            "messages[1].text": "hallo",
            "messages[1].flash": "false",
        },
        values={
            "user": "acme",
            "password": "secret",
            "messages": [
                {"to": TO, "text": "hello", "flash": True},
                {"to": OTHER, "text": "hallo", "flash": False},
            ],
        },
    ),
    # zeep puts WS-Addressing with a random id into the Header, for wsaw:Action alone.
    Sample(
        file="wcf.wsdl",
        operation="SendSms",
        fields={
            "request.Encoding": "Unicode",
            "request.ScheduledAt": "2030-01-02T03:04:05Z",
            "request.Text": "hello",
            "request.To.string[0]": TO,
            "request.To.string[1]": OTHER,
        },
        values={
            "request": {
                "Encoding": "Unicode",
                "ScheduledAt": dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=dt.UTC),
                "Text": "hello",
                "To": {"string": [TO, OTHER]},
            }
        },
    ),
)

# Its WSDL has parts of type soapenc:string, which a schema of that namespace must define.
AXIS = Sample(
    file="axis.wsdl",
    operation="enqueue",
    fields={
        "domain": "acme",
        "recipients[0]": TO,
        "recipients[1]": OTHER,
        "text": "hello",
        "priority": "1",
    },
    values={"domain": "acme", "recipients": [TO, OTHER], "text": "hello", "priority": 1},
)
