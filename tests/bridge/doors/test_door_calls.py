"""Calls of an authenticated caller: sends and their repeats, questions, commands."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from smsbridge.bridge.store.stored_message import State
from smsbridge.http.exchange import Request, Response
from smsbridge.testing.mock.provider import Provider

from support.blocks import GATE
from support.bridges import CALLERS, NEW, NUMBER, Running, config_text, form, get, running, sending
from support.each import each

REFERENCED = """
[backends.old]
backend = "rest"
url = "https://old.example"
auth = { type = "fields", fields = { key = "{api_key}" }, api_key = "none" }
statuses = { waiting = "queued", out = "sent", there = "delivered", lost = "undelivered" }
[backends.old.send]
route = "POST /send"
fields.to = "{recipient}"
fields.text = "{text}"
fields.from = "{sender}"
fields.ref = "{reference}"
fields.at = "{send_at|iso}"
accepted = { when = { ok = "yes" }, id = "id", status = "state" }
rejected = { error = { number = "recipient", key = "authentication", bad = "request" } }
[backends.old.status]
route = "GET /messages/{id}"
row = { id = "id", recipient = "to", status = "state", at = "at", reference = "ref" }
rejected = { error = { bad = "request" } }
[backends.old.resend]
route = "POST /again"
fields = { id = "{id}" }
accepted = { when = { ok = "yes" }, id = "id" }
rejected = { error = { bad = "request" } }
"""
"""A dialect with references, senders and times."""


def said(answer: Response) -> Any:
    return json.loads(answer.body)


def referenced(door: str = "") -> str:
    text = config_text(door, backends=REFERENCED + NEW)
    callers = text[text.index("callers") : text.index("[backends.old]")]
    keys = '{ shop = { api_key = "shop-key" }, till = { api_key = "till-key" } }'
    return text.replace(callers, f"callers = {keys}\n{door}\n")


def send(run: Running, text: str = "Hello", key: str = "shop-key", **more: str) -> Response:
    headers = {"Idempotency_Key": more.pop("idempotency")} if "idempotency" in more else {}
    return run.ask(form("/send", {"key": key, "to": NUMBER, "text": text, **more}, **headers))


def test_a_repeat_with_its_reference_gets_the_first_answer(tmp_path: Path) -> None:
    with running(tmp_path, referenced()) as run:
        first = send(run, ref="order-1")
        assert send(run, ref="order-1").body == first.body
        run.settled()
        assert send(run, ref="order-1").body == first.body
        assert send(run, key="till-key", ref="order-1").body != first.body
        assert len(run.settled()) == 2
        assert len(run.arrived()) == 2


def test_a_reference_with_other_content_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, referenced()) as run:
        send(run, ref="order-1")
        refused = send(run, "Other", ref="order-1")
        assert said(refused) == {"error": "bad"}
        assert len(run.settled()) == 1


def test_an_idempotency_key_header_works_as_a_reference(tmp_path: Path) -> None:
    with running(tmp_path, referenced()) as run:
        first = send(run, idempotency="k-1")
        assert send(run, idempotency="k-1").body == first.body
        assert said(send(run, "Other", idempotency="k-1")) == {"error": "bad"}
        assert said(send(run, idempotency="k" * 300)) == {"error": "bad"}
        assert len(run.settled()) == 1


def test_without_a_reference_two_sends_are_two_messages(tmp_path: Path) -> None:
    with running(tmp_path, referenced()) as run:
        assert send(run).body != send(run).body
        assert len(run.settled()) == 2


def test_equal_messages_within_the_window_count_as_one(tmp_path: Path) -> None:
    with running(tmp_path, referenced('same_within = "1h"')) as run:
        assert send(run).body == send(run).body
        assert send(run, "Other").body != send(run).body
        assert len(run.settled()) == 2


def test_sender_and_time_are_carried_on(tmp_path: Path) -> None:
    with running(tmp_path, referenced()) as run:
        assert said(send(run, at="2035-01-31T09:00:00Z", **{"from": "Shop"}))["ok"] == "yes"
        (stored,) = run.messages()
        assert (stored.sender, stored.state) == ("Shop", "stored")
        assert stored.due == datetime(2035, 1, 31, 9, tzinfo=UTC).timestamp()
        assert said(send(run, at="tomorrow")) == {"error": "bad"}


@each(
    ("more", "why"),
    [
        ({"to": "12"}, "number"),
        ({"text": " "}, "bad"),
        ({"to": ""}, "number"),
    ],
)
def test_a_message_that_no_backend_takes_is_refused_by_the_table(
    tmp_path: Path, more: dict[str, str], why: str
) -> None:
    with running(tmp_path, referenced()) as run:
        assert said(send(run, **more)) == {"error": why}
        assert run.messages() == []


def test_what_the_backend_can_t_carry_is_refused_at_the_door(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        answer = run.send(sendwa="1", sendsms="0")
        assert said(answer)["result"]["error"] != "0"
        assert run.messages() == []


@each(("charset", "texts"), [("", []), ('charset = "windows-1252"', ["caf\u00e9 \u20ac"])])
def test_a_text_in_another_encoding_arrives_or_is_refused(
    tmp_path: Path, charset: str, texts: list[str]
) -> None:
    with running(tmp_path, referenced(charset)) as run:
        to = f"key=shop-key&to=%2B{NUMBER[1:]}"
        answer = run.ask(get(f"/send?{to}&text=caf%E9%20%80"))
        run.settled()
        assert run.arrived() == texts
        assert ("ok" in said(answer)) is bool(texts)


@each(
    ("to", "recipient"),
    [
        ("07700 900123", "+447700900123"),
        ("447700900123", "+447700900123"),
        (NUMBER, NUMBER),
        ("12", ""),
        ("nobody", ""),
    ],
)
def test_a_number_is_read_as_it_was_dialled(tmp_path: Path, to: str, recipient: str) -> None:
    text = referenced().replace('backend = "rest"', 'backend = "rest"\ndefault_region = "GB"', 1)
    with running(tmp_path, text) as run:
        answer = said(send(run, to=to))
        assert [one.recipient for one in run.settled()] == ([recipient] if recipient else [])
        assert answer.get("error") == (None if recipient else "number")


@each(
    ("more", "why"),
    [
        (
            {"to": "12025550123x"},
            "refused: recipient \u2022\u2022\u2022: give + and 5 to 15 digits",
        ),
        (
            {"from": "No\x07"},
            "refused: sender \u2022\u2022\u2022: give printable text, or leave it out",
        ),
        ({"at": "tomorrow"}, "refused: send_at: the time can't be read"),
        ({"to": ""}, "refused: recipient \u2022\u2022\u2022: give + and 5 to 15 digits"),
    ],
)
def test_the_log_says_why_without_what_the_caller_wrote(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, more: dict[str, str], why: str
) -> None:
    with running(tmp_path, referenced()) as run:
        send(run, **more)
    assert [one for one in caplog.messages if one.startswith("refused")] == [why]


def test_numbers_of_a_call_to_several_are_read_as_they_were_dialled(tmp_path: Path) -> None:
    text = several().replace('backend = "rest"', 'backend = "rest"\ndefault_region = "GB"', 1)
    with running(tmp_path, text) as run:
        send(run, to="07700900123,07700 900124")
        assert [one.recipient for one in run.settled()] == ["+447700900123", "+447700900124"]


def test_what_a_header_carries_is_carried_on(tmp_path: Path) -> None:
    headers = """headers = { X-From = "{sender}", X-At = "{send_at|iso}", X-Ref = "{reference}",
      X-By = "{channels}", Date = "{now}", Accept = "application/json" }"""
    text = referenced()
    for name in ("from", "ref", "at"):
        text = "".join(one for one in text.splitlines(True) if f"fields.{name} " not in one)
    text = text.replace("fields.to =", headers.replace("\n     ", "") + "\nfields.to =")
    one = form("/send", {"key": "shop-key", "to": NUMBER, "text": "Hello"})

    def ask(**more: str) -> Response:
        named = {f"X-{name}": word for name, word in more.items()}
        return run.ask(replace(one, headers={**one.headers, "accept": "*/*", **named}))

    with running(tmp_path, text) as run:
        ask(From="Shop", At="2035-01-31T09:00:00Z", Ref="order-1", By="sms")
        (stored,) = run.messages()
        assert (stored.sender, stored.reference) == ("Shop", "order-1")
        assert stored.due == datetime(2035, 1, 31, 9, tzinfo=UTC).timestamp()
        assert said(ask(At="tomorrow")) == said(ask(By="whatsapp")) == {"error": "bad"}
        assert said(ask())["ok"] == "yes"


def test_a_text_and_its_recipient_may_be_in_headers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = referenced().replace(
        'fields.to = "{recipient}"\nfields.text = "{text}"',
        'headers = { X-To = "{recipient|digits}", X-Text = "{text|url}" }',
    )
    one = form("/send", {"key": "shop-key"})

    def ask(word: str) -> None:
        named = {"x-to": NUMBER[1:], "x-text": word}
        run.ask(replace(one, headers={**one.headers, **named}))

    with running(tmp_path, text) as run:
        ask("Gr%C3%BC%C3%9Fe")
        ask("Gr\u00c3\u00bc\u00c3\u009fe")
        ask("")
        (stored,) = run.settled()
        assert (stored.recipient, stored.text) == (NUMBER, "Gr\u00fc\u00dfe")
    why = "header:X-Text has more than ASCII, and a header can't say its encoding"
    told = [one for one in caplog.messages if one.startswith("refused")]
    assert told == [
        f"refused: {why}",
        "refused: text is empty: give at least one visible character",
    ]


LOCAL_TIMES = """
[backends.old.sent]
route = "GET /messages"
fields = { from = "{after|%d.%m.%Y %H:%M}" }
rows = "messages"
row = { id = "id", text = "text", at = "at" }
time_format = "%d.%m.%Y %H:%M"
"""


def test_times_are_those_of_the_zone_and_the_form_of_the_dialect(tmp_path: Path) -> None:
    text = referenced().replace("{send_at|iso}", "{send_at|%d%m%y%H%M}")
    text = text.replace("[backends.old]\n", '[backends.old]\ntime_zone = "Asia/Kolkata"\n')
    with running(tmp_path, text + LOCAL_TIMES) as run:
        send(run, at="1003350530")
        (stored,) = run.messages()
        at = said(run.ask(get("/messages?key=shop-key")))["messages"][0]["at"]
        then = datetime.strptime(at, "%d.%m.%Y %H:%M").replace(tzinfo=ZoneInfo("Asia/Kolkata"))
        assert 0 <= stored.stored_at - then.timestamp() < 60
        for since, count in ((at, 1), ("10.03.2199 00:00", 0)):
            found = run.ask(get(f"/messages?key=shop-key&from={quote(since)}"))
            assert len(said(found)["messages"]) == count
    assert stored.send_at == datetime(2035, 3, 10, tzinfo=UTC).timestamp()


@each(
    ("query", "body", "count"),
    [
        ("", "&text=Hello", 1),
        ("?text=Hello", "", 1),
        ("", "&text=Other", 0),
        ("?text=Other", "", 0),
        ("", "&to=%2B12025550124", 0),
        ("", "&at=2035-01-31T09:00:00Z&at=", 0),
        ("", "&tag=a&tag=b", 1),
        ("?tag=a", "&tag=", 1),
    ],
)
def test_a_field_with_two_values_is_refused(
    tmp_path: Path, query: str, body: str, count: int
) -> None:
    with running(tmp_path, referenced()) as run:
        one = form("/send", {"key": "shop-key", "to": NUMBER, "text": "Hello"})
        more = replace(one, url=one.url + query, body=one.body + body.encode())
        assert ("ok" in said(run.ask(more))) == bool(count)
        assert len(run.settled()) == count


@each("number", ["+12025550123", "12025550123", "%2012025550123%20", "%20%2B12025550123"])
def test_a_plus_that_is_not_escaped_still_makes_the_number(tmp_path: Path, number: str) -> None:
    with running(tmp_path, referenced()) as run:
        assert said(run.ask(get(f"/send?key=shop-key&text=Hello&to={number}")))["ok"] == "yes"
        assert [one.recipient for one in run.settled()] == [NUMBER]


LISTS = """
[backends.old]
backend = "rest"
url = "https://old.example"
auth = { type = "fields", fields = { key = "{api_key}" }, api_key = "none" }
[backends.old.send]
route = "POST /send"
body = "json"
fields = { "messages[0].to[0]" = "{recipient}", "messages[0].text" = "{text}", "tags[1]" = "b" }
accepted = { when = { ok = "yes" }, id = "id" }
rejected = { error = { bad = "request" } }
"""
FIRST = {"to": [NUMBER], "text": "One"}


@each(
    ("fields", "count"),
    [
        ({"messages": [FIRST]}, 1),
        ({"messages": FIRST}, 1),
        ({"messages": [FIRST], "tags": ["", "b"]}, 1),
        ({"messages": [FIRST, FIRST]}, 0),
        ({"messages": [FIRST, {"text": "Two"}]}, 0),
        ({"messages": [{**FIRST, "to": [NUMBER, "+12025550124"]}]}, 0),
        ({"messages": [FIRST], "tags": ["a", "b", "c"]}, 0),
    ],
)
def test_a_call_with_more_messages_than_its_table_reads_is_refused(
    tmp_path: Path, fields: dict[str, Any], count: int
) -> None:
    text = config_text('ignore = ["*"]', backends=LISTS + NEW)
    body = json.dumps({"key": "shop-key", **fields}).encode()
    with running(tmp_path, text.replace(CALLERS, '{ shop = { api_key = "shop-key" } }')) as run:
        one = form("/send", {})
        run.ask(replace(one, headers={"Content-Type": "application/json"}, body=body))
        assert len(run.settled()) == count


def test_a_number_of_json_is_sent_as_it_is_written(tmp_path: Path) -> None:
    body = f'{{"key": "shop-key", "to": {NUMBER[1:]}, "text": 10.50, "ref": ["r"]}}'.encode()
    with running(tmp_path, referenced()) as run:
        one = form("/send", {})
        run.ask(replace(one, headers={"Content-Type": "application/json"}, body=body))
        (stored,) = run.settled()
        assert (stored.recipient, stored.text, stored.reference) == (NUMBER, "10.50", "r")


OWN = {"of-the-caller": "1", "empty": ""}


def test_what_can_not_be_carried_on_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with running(tmp_path, config_text('undeclared = "refuse"')) as run:
        for more in ({"port": "2"}, OWN, {"+12025550124": "1"}, {"b c": "1"}):
            assert said(run.send(**more)) == {"result": {"error": "2"}}
        twice = sending()
        run.ask(replace(twice, body=twice.body + b"&tag=a&tag="))
        assert run.messages() == []
        (door,) = run.bridge.doors
        assert door.counts.refused == {"a field that can't be passed on": 5}
    told = [one for one in caplog.messages if "passed on" in one]
    assert [one.split(" can't")[0] for one in told] == [
        "refused: port",
        "refused: of-the-caller",
        "refused: a field that isn't in its table",
        "refused: a field that isn't in its table",
        "refused: tag",
    ]


@each(
    "keys",
    [
        'ignore = ["port", "of-the-caller"]\nundeclared = "refuse"',
        'ignore = ["*"]\nundeclared = "refuse"',
        'undeclared = "drop"',
        "",
    ],
)
def test_what_may_be_dropped_is_counted(tmp_path: Path, keys: str) -> None:
    with running(tmp_path, config_text(keys)) as run:
        run.send(port="2", sendwa="0", **OWN)
        (door,) = run.bridge.doors
        assert door.counts.leniencies == {
            ("shop", "port is not passed on"): 1,
            ("shop", "a field that isn't in its table is not passed on"): 1,
        }
        assert len(run.settled()) == 1


WORDS = """
[backends.old]
backend = "rest"
url = "https://old.example"
auth = { type = "fields", fields = { key = "{api_key}" }, api_key = "none" }
[backends.old.send]
route = "POST /send?v=2"
fields.to = "{recipient}"
fields.text = "{text}"
fields.from = "tel:{sender}"
fields.flash = false
fields.kind = "Text"
fields.coding = { "{encoding}" = { gsm-7 = "0", ucs-2 = "8" } }
fields.by = { "{channels}" = { whatsapp = "wa", "*" = "sms" } }
fields.mac = { hmac-sha256 = { key = "{api_key}", of = "{text}" } }
accepted = { when = { ok = "yes" }, id = "id" }
rejected = { error = { bad = "request" } }
"""


def words(run: Running, **more: str) -> Response:
    mac = hmac.digest(b"shop-key", b"Hello", "sha256").hex()
    fields = {"key": "shop-key", "to": NUMBER, "text": "Hello", "mac": mac, **more}
    return run.ask(form("/send", fields))


def words_text(door: str = "") -> str:
    text = config_text(door, backends=WORDS + NEW)
    return text.replace(CALLERS, '{ shop = { api_key = "shop-key" } }')


@each(
    "more",
    [
        {"flash": "0", "kind": "text", "coding": "8", "by": "sms", "from": "tel:Shop"},
        {"flash": "", "kind": "", "coding": "", "by": "", "from": ""},
        {"v": "2"},
    ],
)
def test_words_that_the_table_says_are_taken(tmp_path: Path, more: dict[str, str]) -> None:
    with running(tmp_path, words_text('undeclared = "refuse"')) as run:
        assert said(words(run, **more))["ok"] == "yes"
        assert len(run.settled()) == 1


@each(
    "more",
    [
        {"v": "3"},
        {"flash": "1"},
        {"kind": "binary"},
        {"coding": "4"},
        {"by": "voice"},
        {"from": "Shop"},
    ],
)
def test_a_word_that_the_table_does_not_say_is_refused(
    tmp_path: Path, more: dict[str, str]
) -> None:
    with running(tmp_path, words_text('undeclared = "refuse"')) as run:
        assert said(words(run, **more)) == {"error": "bad"}
        assert run.messages() == []


ENVELOPE = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
GATE_TABLE = f"""
[backends.old]
backend = "soap"
wsdl = "{GATE}"
port = "Gate11"
auth = {{ type = "fields", fields = {{ apikey = "{{api_key}}" }}, api_key = "none" }}
[backends.old.send]
operation = "Submit"
fields.to = "{{recipient|digits}}"
fields.body = "{{text}}"
fields.after = "{{send_at|iso}}"
fields.tries = 1
accepted = {{ when = {{ "result.code" = "0" }}, id = "result.id" }}
rejected = {{ "result.code" = {{ 9 = "request" }} }}
"""


def submit(more: str) -> Request:
    inner = f"<apikey>shop-key</apikey><to>{NUMBER[1:]}</to><body>Hello</body>{more}"
    body = f'{ENVELOPE}<Submit xmlns="urn:gate">{inner}</Submit></s:Body></s:Envelope>'.encode()
    return replace(form("/soap", {}), headers={"Content-Type": "text/xml"}, body=body)


def gate_text() -> str:
    text = config_text(backends=GATE_TABLE + NEW)
    return text.replace(CALLERS, '{ shop = { api_key = "shop-key" } }')


@each(
    ("more", "unset"),
    [
        ("<flash>0</flash>", "flash"),
        ("<flash>false</flash>", "flash"),
        ("<tries>1</tries><weight>0.0</weight>", "weight"),
        ("<tries>0</tries>", "tries"),
        ("<after>0001-01-01T00:00:00.0000000+01:00</after>", "after"),
        ("<after>1899-12-30T00:00:00</after>", "after"),
        ("<after>0</after>", "after"),
        ("<after> </after><flash/>", ""),
    ],
)
def test_a_field_of_a_wsdl_that_nobody_has_set_is_no_reason_to_refuse_and_is_counted(
    tmp_path: Path, more: str, unset: str
) -> None:
    with running(tmp_path, gate_text()) as run:
        run.ask(submit(more))
        (stored,) = run.settled()
        assert stored.send_at is None
        (door,) = run.bridge.doors
        noted = [what for _, what in door.counts.leniencies]
        assert [one for one in noted if "schema" not in one] == (
            [f"{unset} counts as not set"] if unset else []
        )


@each(
    "more",
    [
        "<flash>1</flash>",
        "<tries>2</tries>",
        "<weight>0.5</weight>",
        "<priority>low</priority>",
    ],
)
def test_a_field_of_a_wsdl_that_somebody_has_set_is_refused(tmp_path: Path, more: str) -> None:
    with running(tmp_path, gate_text()) as run:
        run.ask(submit(more))
        assert run.messages() == []


def test_the_first_leniency_of_its_kind_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "smsbridge.bridge")
    with running(tmp_path, gate_text()) as run:
        for more in ("<flash>0</flash>", "<flash>0</flash>", "<flash>0</flash><weight>0</weight>"):
            run.ask(submit(more))
        assert len(run.settled()) == 3
        (door,) = run.bridge.doors
        assert door.counts.leniencies["shop", "flash counts as not set"] == 3
    told = [one for one in caplog.messages if one.startswith("leniency: ")]
    assert told == ["leniency: flash counts as not set", "leniency: weight counts as not set"]


@each(
    ("more", "noted"),
    [
        ({"encrypt_message": "yes"}, "encrypt_message is not passed on"),
        ({"port": "1"}, "port is not passed on"),
        ({"encrypt_message": "no"}, "encrypt_message counts as not set"),
        ({"port": "0"}, "port counts as not set"),
    ],
)
def test_an_option_that_is_not_passed_on_is_counted(
    tmp_path: Path, more: dict[str, str], noted: str
) -> None:
    with running(tmp_path) as run:
        run.send(**more)
        (door,) = run.bridge.doors
        assert door.counts.leniencies == {("shop", noted): 1}
        run.settled()


def test_a_channel_that_the_backend_does_not_have_is_refused(tmp_path: Path) -> None:
    with running(tmp_path, words_text()) as run:
        assert said(words(run, by="wa")) == {"error": "bad"}
        assert run.messages() == []


def test_status_says_what_is_known_and_only_to_its_caller(tmp_path: Path) -> None:
    with running(tmp_path, referenced()) as run:
        later = said(send(run, at="2035-01-31T09:00:00Z"))["id"]
        done = said(send(run, "Now", ref="order-1"))["id"]
        run.until(lambda: run.store.counts()[State.ACCEPTED] == 1)
        assert said(run.ask(get(f"/messages/{later}?key=shop-key")))["state"] == "waiting"
        row = said(run.ask(get(f"/messages/{done}?key=shop-key")))
        assert (row["id"], row["to"], row["ref"]) == (done, NUMBER, "order-1")
        assert row["state"] == "waiting"
        other = run.ask(get(f"/messages/{done}?key=till-key"))
        assert said(other) == {"error": "bad"}


def test_a_resend_is_for_what_has_failed(tmp_path: Path) -> None:
    with running(tmp_path, referenced()) as run:
        run.provider.play(None)
        run.provider.fault = "refusals"
        known = said(send(run))["id"]
        assert [one.state for one in run.settled()] == ["rejected"]
        row = run.ask(get(f"/messages/{known}?key=shop-key"))
        assert said(row)["state"] == "lost"
        run.provider.fault = None
        again = run.ask(form("/again", {"key": "shop-key", "id": known}))
        assert said(again) == {"ok": "yes", "id": known}
        assert [one.state for one in run.settled()] == ["accepted"]
        assert said(run.ask(form("/again", {"key": "shop-key", "id": known}))) == {"error": "bad"}
        (stored,) = run.messages()
        assert "caller shop" in {one["actor"] for one in run.store.history(stored)}


def test_the_log_and_a_delete_are_smsmobileapi_s(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        known = said(run.send())["result"]["id"]
        run.settled()
        rows = said(run.ask(get("/log/sent/sms/?apikey=shop-key")))["result"]["sms"]
        assert [(one["guid"], one["number"], one["message"]) for one in rows] == [
            (known, NUMBER, "Hello")
        ]
        assert said(run.ask(get("/log/sent/sms/?apikey=till-key")))["result"]["sms"] == []
        assert said(run.ask(get(f"/deletesms/?apikey=shop-key&guid_message={known}")))
        assert said(run.ask(get("/log/sent/sms/?apikey=shop-key")))["result"]["sms"] == []
        refused = said(run.ask(get("/deletesms/?apikey=shop-key")))
        assert refused["result"]["error"] != "0"


def test_a_delete_of_an_unknown_id_is_answered_as_the_mock_does(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        known = said(run.send())["result"]["id"]
        unknown = get("/deletesms/?apikey=till-key&guid_message=nobody-s")
        (door,) = run.bridge.doors
        by_mock = Provider(door.config.callers["till"]).handle(unknown)
        assert isinstance(by_mock, Response)
        assert said(run.ask(unknown)) == said(by_mock)
        of_another = get(f"/deletesms/?apikey=till-key&guid_message={known}")
        assert said(run.ask(of_another)) == said(by_mock)


def test_without_incoming_messages_the_list_is_empty(tmp_path: Path) -> None:
    with running(tmp_path) as run:
        assert said(run.ask(get("/getsms/?apikey=shop-key"))) == {"result": {"sms": []}}


def test_an_answer_may_wait_for_the_outcome_and_tells_it_in_the_words_of_the_dialect(
    tmp_path: Path,
) -> None:
    blind = referenced('answer = "outcome"').partition("[backends.new.sent]")[0]  # no lookup
    with running(tmp_path, blind) as run:
        accepted = send(run, "Accepted", ref="a")
        assert said(accepted)["ok"] == "yes"
        run.provider.fault = "refusals"
        refused = send(run, "Rejected")
        assert "error" in said(refused)
        run.provider.fault = "reset-after-request"
        unknown = send(run, "Unknown", ref="u")
        assert unknown.status == 500
        run.provider.fault = None
        assert send(run, "Unknown", ref="u").status == 500
        assert send(run, "Accepted", ref="a").body == accepted.body
        assert [one.state for one in run.messages()] == ["accepted", "rejected", "unknown"]


def test_an_answer_that_waited_too_long_is_not_an_acceptance(tmp_path: Path) -> None:
    with running(tmp_path, referenced('answer = "outcome"')) as run:
        request = form("/send", {"key": "shop-key", "to": NUMBER, "text": "Later"})
        later = form(
            "/send",
            {"key": "shop-key", "to": NUMBER, "text": "Later", "at": "2035-01-31T09:00:00Z"},
        )
        waiting = run.bridge.handle(later, "192.0.2.1")
        assert not isinstance(waiting, Response)
        assert run.bridge.outcome(waiting) is None
        assert waiting.answer(waiting.message).status == 500
        assert run.ask(request).status == 200


SEVERAL = """
[backends.old]
backend = "rest"
url = "https://old.example"
auth = { type = "fields", fields = { key = "{api_key}" }, api_key = "none" }
[backends.old.send]
route = "POST /send"
fields = { to = "{recipients}", text = "{text}" }
most = 10
rows = "results"
row = { recipient = "number" }
accepted = { when = { ok = "yes" }, id = "id" }
rejected = { ok = { no = "request" }, error = { key = "authentication", bad = "request" } }
"""


def several(door: str = "") -> str:
    return referenced(door).replace(REFERENCED, SEVERAL)


def test_a_call_to_several_recipients_is_a_message_for_each(tmp_path: Path) -> None:
    other = "+12025550124"
    with running(tmp_path, several()) as run:
        answer = send(run, to=f"{NUMBER},{other}", idempotency="k-1")
        rows = said(answer)["results"]
        assert [row["number"] for row in rows] == [NUMBER, other]
        assert send(run, to=f"{NUMBER},{other}", idempotency="k-1").body == answer.body
        found = run.settled()
        assert [(one.id, one.recipient) for one in found] == [
            (row["id"], row["number"]) for row in rows
        ]
        assert run.arrived() == ["Hello", "Hello"]
        refused = send(run, "Other", to=f"{NUMBER},{other}", idempotency="k-1")
        assert said(refused) == {"ok": "no"}
        assert len(run.messages()) == 2


@each(
    ("first", "second"),
    [
        (NUMBER, f"{NUMBER},+12025550124"),
        (f"{NUMBER},+12025550124", NUMBER),
        (f"{NUMBER},+12025550124", f"{NUMBER},+12025550125"),
        (f"{NUMBER},+12025550124", f"+12025550124,{NUMBER}"),
    ],
)
def test_a_repeat_to_others_is_refused(tmp_path: Path, first: str, second: str) -> None:
    with running(tmp_path, several()) as run:
        send(run, to=first, idempotency="k-1")
        assert said(send(run, to=second, idempotency="k-1")) == {"ok": "no"}
        assert len(run.settled()) == len(first.split(","))


def test_one_recipient_of_several_can_be_a_repeat_within_the_window(
    tmp_path: Path,
) -> None:
    with running(tmp_path, several('same_within = "1h"')) as run:
        send(run, to=NUMBER)
        send(run, to=f"{NUMBER},+12025550124")
        assert len(run.settled()) == 2
