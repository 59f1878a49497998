"""The answer that an interaction of a fixture has, written for the protocol of a call."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from smsbridge.http.exchange import Request, Response
from smsbridge.mapping.codec import SoapFault
from smsbridge.serving.call import ReceivedCall
from smsbridge.serving.rest import json_response
from smsbridge.serving.soap import ProviderSoap
from smsbridge.testing.fixture.load import Interaction
from smsbridge.testing.fixture.scenario import Scenario


def fixture_answer(
    interaction: Interaction, scenario: Scenario, request: Request, call: ReceivedCall | None
) -> Response:
    """Return the answer to a request, its placeholders filled by the scenario.

    ``call``: what the request was read as, if it is a call at all.
    """
    if interaction.reply is not None and call:
        reply = scenario.fill_all(interaction.reply)
        return call.protocol.codec.write(request, call.table.call, reply)
    given = scenario.fill_all(interaction.response or {})
    headers = {name.title(): str(value) for name, value in given.get("headers", {}).items()}
    if "soap" in given and call and isinstance(call.protocol.codec, ProviderSoap):
        answer = _soap(given["soap"], request, call)
        status = given.get("status", answer.status)
        return replace(answer, status=status, headers={**answer.headers, **headers})
    status = given.get("status", 200)
    if "json" in given:
        return json_response(status, given["json"], headers)
    headers = {"Content-Type": "text/html; charset=utf-8", **headers}
    coded = b64decode(given["base64"]) if "base64" in given else None
    body = given.get("text", "").encode() if coded is None else coded
    return Response(status=status, headers=headers, body=body)


def _soap(given: Mapping[str, Any], request: Request, call: ReceivedCall) -> Response:
    result = SoapFault(fault=given["fault"]) if "fault" in given else given["result"]
    return call.protocol.codec.write(request, call.table.call, result)
