"""The shape of a fixture: which keys stand where, and what kind of value each takes."""

from __future__ import annotations

from collections.abc import Mapping

from smsbridge.testing.plain_yaml import Block

Kinds = Mapping[str, type | tuple[type, type]]
NOTHING = type(None)
TOP: Kinds = {
    "smsbridge-fixture": int,
    "id": str,
    "title": str,
    "provenance": Block,
    "protocols": list,
    "message": Block,
    "do": Block,
    "expect": Block,
    "interactions": list,
}
PROVENANCE: Kinds = {
    "source": str,
    "evidence": str,
    "date": str,
    "verified": (str, NOTHING),
    "review-after": str,
}
MESSAGE: Kinds = {
    "recipient": str,
    "text": str,
    "channels": list,
    "sender": str,
    "reference": str,
}
_KNOWN: Kinds = {"operation": str, "id": str}
DO: Mapping[str, Kinds] = {
    "resend": _KNOWN,
    "delete": {**_KNOWN, "day": str, "first": str, "last": str},
    "status": _KNOWN,
    "received": {"operation": str, "after": str, "before": str, "device": str, "unread": bool},
    "sent": {
        **_KNOWN,
        "after": str,
        "before": str,
        "recipient": str,
        "keyword": str,
        "failed": str,
    },
}
EXPECT: Kinds = {
    "outcome": str,
    "id": (str, NOTHING),
    "reason": str,
    "status": str,
    "code": (str, NOTHING),
    "rows": list,
}
_WORDS = ("id", "recipient", "sender", "text", "at")
_ROW: Kinds = {**dict.fromkeys(_WORDS, (str, NOTHING)), "answer": Block}
ROW: Mapping[str, Kinds] = {
    "sent": {
        **_ROW,
        "status": str,
        "provider_status": (str, NOTHING),
        "error": (str, NOTHING),
        "reference": (str, NOTHING),
    },
    "received": {**_ROW, "device": (str, NOTHING)},
}
INTERACTION: Kinds = {
    "id": str,
    "from": (str, list),
    "to": str,
    "times": int,
    "optional": bool,
    "request": Block,
    "call": Block,
    "response": Block,
    "reply": Block,
}
REQUEST: Kinds = {
    "method": (str, Block),
    "path": (str, Block),
    "query": Block,
    "headers": Block,
    "form": Block,
    "json": object,
    "soap": Block,
}
REQUEST_SOAP: Kinds = {"operation": str, "args": Block}
CALL: Kinds = {
    "operation": str,
    "protocol": str,
    "credentials": str,
    "valid": bool,
    "fields": Block,
}
RESPONSE: Kinds = {
    "status": int,
    "headers": Block,
    "json": object,
    "text": str,
    "soap": Block,
    "fault": str,
}
RESPONSE_SOAP: Kinds = {"result": (str, Block), "fault": Block}
SOAP_FAULT: Kinds = {"code": str, "string": str, "detail": Block}
WORDS_FOR = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    Block: "a mapping",
    NOTHING: "null",
}
