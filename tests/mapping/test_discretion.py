"""What was said, as it is shown: no secret, number or text, in whatever way it goes out or back."""

from __future__ import annotations

import asyncio
import base64
import copy
import hashlib
import json
import logging
import pickle
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from smsbridge import AsyncClient, Backend, Client, SmsbridgeError, Submission
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.text.phone import digits_of

from support.asking import AsyncCarrier, Carrier, Wire
from support.blocks import REST_SEND, SOAP_SEND, document, envelope, rest, soap
from support.each import each
from support.error_reports import by_itself, by_pickle
from support.pairs import pairwise

KEY, USER = "c4nary-key/+ 93f1", "c4nary-user"
TOKEN = "c4nary-token-51bc"
NUMBER, TEXT = "+447700900186", "Your c4nary code is <4711> & more"
OTHER, THEIRS = "+12025550177", "Tomorrow"
FORMS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "digits": lambda word: digits_of(word) or word,
    "percent": lambda word: quote(word, safe=""),
    "form": quote_plus,
    "JSON": lambda word: json.dumps(word)[1:-1],
    "hex": lambda word: word.encode().hex(),
    "base64": lambda word: base64.b64encode(f"x:{word}".encode()).decode(),
    "upper": str.upper,
    "spaced": lambda word: " ".join(word[at : at + 3] for at in range(0, len(word), 3)),
    "cut": lambda word: word[:-3],
}
PRIVATE = (KEY, TOKEN, NUMBER, TEXT)
KNOWN = (KEY, NUMBER, TEXT)
LOOKED_FOR = [
    word.casefold()
    for value in PRIVATE
    for word in {
        *(FORMS[name](value) for name in ("plain", "percent", "form", "JSON", "hex", "upper")),
        hashlib.sha256(KEY.encode()).hexdigest(),
        *("7700900186", "700900186", "07700 900186", "c4nary", "63346e617279", "2025550177"),
    }
]

BY = {
    "fields": '[auth]\ntype = "fields"\nkey = "@key"\nfields = { apikey = "{key}" }\n',
    "hash": '[auth]\ntype = "fields"\nkey = "@key"\nfields = { apikey = "{key|sha256}" }\n',
    "headers": '[auth]\ntype = "fields"\nkey = "@key"\nheaders = { X-Key = "{key|hex}" }\n',
    "basic": '[auth]\ntype = "basic"\nusername = "@user"\npassword = "@key"\n',
    "digest": '[auth]\ntype = "digest"\nusername = "@user"\npassword = "@key"\n',
    "oauth": '[auth]\ntype = "oauth2"\ntoken_url = "https://gate.example/token"\n'
    'client_id = "@user"\nclient_secret = "@key"\n',
    "wsse": '[auth]\ntype = "wsse"\nusername = "@user"\npassword = "@key"\n',
    "wsse digest": '[auth]\ntype = "wsse"\ndigest = true\nusername = "@user"\npassword = "@key"\n',
}
GET_SEND = REST_SEND.replace("POST /sms", "GET /sms/{recipient|digits}")
STATUS = """
[status]
route = "GET /status?id={id}"
answered = { code = "0" }
row = { id = "id", recipient = "to", text = "body" }
"""


def auth(name: str) -> str:
    return BY[name].replace("@key", KEY).replace("@user", USER)


def form_backend(name: str) -> Backend:
    return rest('body = "form"\n' + auth(name) + REST_SEND + STATUS)


def soap_backend(name: str) -> Backend:
    return soap(auth(name) + SOAP_SEND)


BACKENDS: Mapping[str, Callable[[], Backend]] = {
    **{
        f"form, {name}": partial(form_backend, name)
        for name in ("fields", "hash", "headers", "basic", "digest", "oauth")
    },
    "JSON": lambda: rest(auth("fields") + REST_SEND + STATUS),
    "query": lambda: rest(auth("fields") + GET_SEND + STATUS),
    **{
        f"SOAP, {name}": partial(soap_backend, name)
        for name in ("fields", "basic", "wsse", "wsse digest")
    },
}


def echo(form: str) -> str:
    return " ".join(FORMS[form](word) for word in KNOWN)


def quoted(word: str) -> str:
    return word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


ANSWERS: Mapping[str, Callable[[Request, str], Response]] = {
    "JSON": lambda _, form: document(
        said=echo(form), list=[FORMS[form](word) for word in KNOWN], token=TOKEN, **{echo(form): 1}
    ),
    "JSON of 500": lambda _, form: document(500, said=echo(form)),
    "refusal": lambda _, form: document(400, code=echo(form), why=echo(form)),
    "envelope": lambda _, form: envelope(
        f"<SubmitResponse><result><code>{quoted(echo(form))}</code></result></SubmitResponse>"
    ),
    "page": lambda _, form: Response(
        status=502,
        headers={
            "Content-Type": f"text/html; x={quote(echo(form))}",
            "Server": quote(echo(form)),
            "Location": f"https://gate.example/{quote(KEY)}",
            "WWW-Authenticate": f'Basic realm="{KEY}"',
            "X-Said": quote(echo(form)),
        },
        body=f"<html><p title='{quoted(echo(form))}'>{quoted(echo(form))}<!-- {echo(form)} -->"
        f"<![CDATA[{echo(form)}]]>".encode(),
    ),
    "text": lambda _, form: Response(status=200, body=echo(form).encode()),
    "UTF-16": lambda _, form: Response(status=200, body=echo(form).encode("utf-16")),
    "cut JSON": lambda _, form: Response(status=200, body=f'{{"a": "{echo(form)}'.encode()),
    "request": lambda request, _: Response(status=200, body=request.body or request.url.encode()),
    "challenge": lambda _, form: document(401, said=echo(form)),
    "accepted": lambda _, form: document(code="0", id="7", state="OK", said=echo(form)),
}


CASES = pairwise(list(BACKENDS), list(ANSWERS), list(FORMS), ["sync", "async"])
"""Each backend meets each answer in each form, by both clients, and these each other."""


def end_by(way: str, backend: Backend, wire: Wire, method: str = "send") -> Any:
    """Return what a send, or a question, ends with."""
    given = (NUMBER, TEXT) if method == "send" else ("m-1",)

    async def run() -> Any:
        async with AsyncClient(backend, transport=AsyncCarrier(wire)) as client:
            return await getattr(client, method)(*given)

    try:
        if way == "async":
            return asyncio.run(run())
        return getattr(Client(backend, transport=Carrier(wire)), method)(*given)
    except SmsbridgeError as error:
        return error


def answering(name: str, form: str) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        if request.path == "/token":
            return document(access_token=TOKEN, refresh_token="c4nary-again", scope=KEY)
        if name == "challenge" and not request.header("authorization"):
            said = f'Digest realm="{USER}", nonce="{USER}", qop="auth"'
            return Response(status=401, headers={"WWW-Authenticate": said})
        return ANSWERS[name](request, form)

    return answer


def leaks(told: str) -> list[str]:
    folded = told.casefold()
    bare = re.sub(r"[\W_]+", "", folded)  # what stands there with blanks or signs between
    spaced = (re.sub(r"[\W_]+", "", word) for word in LOOKED_FOR)
    return [word for word in LOOKED_FOR if word in folded] + [w for w in spaced if w in bare]


def shown(end: Any) -> str:
    """Return all that can be seen of an end."""
    records = end.exchange
    copies = (pickle.loads(pickle.dumps(end)).exchange, copy.deepcopy(end).exchange)
    told = [str(one) for one in records] + [repr(records), repr(copies), repr(end)]
    if isinstance(end, Submission):
        return "\n".join([*told, pickle.dumps(records).decode("latin-1")])
    return "\n".join([*told, by_itself(end), by_pickle(end)])


@each(("name", "answer", "form", "way"), CASES)
def test_no_canary_is_in_what_was_said(
    name: str, answer: str, form: str, way: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="smsbridge")
    end = end_by(way, BACKENDS[name](), Wire(answering(answer, form)))
    assert end.exchange
    logged = "".join(f"{one.getMessage()} {vars(one)}" for one in caplog.records)
    assert "< HTTP" in logged
    assert leaks(shown(end) + logged) == []


@each(("name", "left"), [(name, left) for name in BACKENDS for left in Left])
def test_nor_when_nothing_came_back(name: str, left: Left) -> None:
    end = end_by("sync", BACKENDS[name](), Wire(Broken(left, "silence")))
    assert leaks(shown(end)) == []
    record = end.exchange[-1]
    assert (record.status, record.left, record.why) == (None, left, "silence")
    assert f"no answer, {left} of the request had left: silence" in str(record)


@each("body", [f'{{"code": "1", "to": "{OTHER}", "body": "{THEIRS}"}}',
               f'{{"rows": [{{"to": "{OTHER}", "x": "a {THEIRS} {OTHER}"}}]}}',
               f"<html>{OTHER}", f"{THEIRS} {OTHER}"])  # fmt: skip
def test_an_answer_to_a_question_shows_no_number_and_text_that_we_do_not_know(body: str) -> None:
    wire = Wire(Response(status=500, body=body.encode()))
    end = end_by("sync", BACKENDS["form, fields"](), wire, "status")
    (record,) = end.exchange
    assert leaks(str(record)) == []
    assert THEIRS not in str(record)


def test_a_token_that_nobody_knows_yet_is_not_shown() -> None:
    for answer in (
        document(201, access_token=TOKEN, session="c4nary"),
        Response(status=200, body=TOKEN.encode()),
        Response(status=200, body=f"<html>{TOKEN}".encode(), headers={"Server": TOKEN}),
        Response(status=200, body=f"<a><token>{TOKEN}</token></a>".encode()),
        Response(status=200, body=f'{{"{TOKEN}": ["{TOKEN}"]'.encode()),
    ):
        end = end_by("sync", BACKENDS["form, oauth"](), Wire(answer))
        assert leaks(shown(end)) == []
        assert end.exchange[-1].address == "https://gate.example/token"
