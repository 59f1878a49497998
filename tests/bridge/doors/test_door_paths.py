"""The paths of doors: two doors, or a door and something else of the bridge, at one path."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.errors import ConfigError

from support.bridges import NEW, OLD, config_text, form, running
from support.each import each
from support.vendor import EXAMPLES

BLOCK = """
[backends.other]
backend = "rest"
url = "https://other.example/base"
auth = { type = "fields", fields = { key = "{key}" }, key = "none" }
[backends.other.send]
route = "POST /send"
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { ok = "yes" }, id = "id" }
rejected = { error = { key = "authentication" } }
"""
WITH_WSDL = f"""
[backends.other]
backend = "soap"
wsdl = "{EXAMPLES / "oldcorp.wsdl"}"
auth = {{ type = "fields", fields = {{ "request.ref" = "{{key}}" }}, key = "none" }}
[backends.other.send]
operation = "SubmitShortMessage"
fields = {{ "request.destination" = "{{recipient}}", "request.body" = "{{text}}" }}
accepted = {{ when = {{ "result.code" = "0" }}, id = "result.messageId" }}
"""
MESSAGES = BLOCK.replace("POST /send", "POST /messages/send")


def two_doors(first: str, second: str, other: str = BLOCK, old: str = OLD) -> str:
    """Return a config with two doors, of SMSMobileAPI and of another service."""
    door = f'[doors.two]\nspeaks = "other"\nto = "new"\ncallers.a.key = "k"\n{second}\n'
    return config_text(first, backends=f"{door}{old}{other}{NEW}")


def same_dialect(first: str, second: str, one: str, two: str) -> str:
    """Return a config with two doors of a table, each with its own words in it."""
    more = one.replace("backends.other", "backends.more")
    door = f'[doors.more]\nspeaks = "more"\nto = "new"\ncallers.a.key = "k"\n{first}\n{more}'
    text = two_doors("", second, two)
    start, end = text.index("[doors.shop]"), text.index("[doors.two]")
    return text[:start] + door + text[end:]


@each(
    ("text", "path"),
    [
        (two_doors("", 'path = "/sendsms/wsdl/server.php"', WITH_WSDL), "/sendsms/wsdl/server.php"),
        (two_doors('path = "/services/oldcorp"', "", WITH_WSDL), "/services/oldcorp"),
        (two_doors("", 'path = "/sendsms/wsdl/sendsms.wsdl"', WITH_WSDL), "/sendsms/wsdl/sends"),
        (two_doors("", "", BLOCK.replace("POST /send", "GET /sendsms")), "/sendsms"),
        (two_doors("", "", BLOCK.replace("POST /send", "POST /oauth2/token")), "/oauth2/token"),
        (two_doors('path = "/base"', "", BLOCK.replace("/send", "/sendsms/")), "/base/sendsms"),
        (
            same_dialect("", "", MESSAGES.replace("/send", "/{reference}"), MESSAGES),
            "/messages/",
        ),
        (
            same_dialect('path = "/a/b"', 'path = "/a"', BLOCK, BLOCK.replace("/send", "/b/send")),
            "",
        ),
        (same_dialect("", 'path = "/services/oldcorp"', WITH_WSDL, WITH_WSDL), "/services/oldcorp"),
    ],
)
def test_two_doors_at_one_path_are_refused(tmp_path: Path, text: str, path: str) -> None:
    why = f"the doors (shop|more) and two take the same calls, at [^ ]*{path}.*: give one of them"
    with pytest.raises(ConfigError, match=why), running(tmp_path, text):
        pass


@each(
    "text",
    [
        two_doors("", "", WITH_WSDL),
        two_doors('path = "/a"', 'path = "/a/b"', WITH_WSDL),
        two_doors('path = "/a"', 'path = "/a/b"'),
        two_doors('path = "/services"', "", WITH_WSDL),
        same_dialect('path = "/services/old"', "", WITH_WSDL, WITH_WSDL),
        same_dialect("", "", BLOCK, BLOCK.replace("/send", "/send/{reference}")),
        same_dialect("", "", BLOCK.replace("/send", "/{reference}.json"), BLOCK),
    ],
)
def test_doors_at_different_paths_stand_side_by_side(tmp_path: Path, text: str) -> None:
    with running(tmp_path, text) as run:
        assert len(run.bridge.doors) == 2


def test_a_door_leaves_the_paths_of_the_bridge_alone(tmp_path: Path) -> None:
    text = two_doors("", "", BLOCK.replace("POST /send", "POST /metrics/"))
    with pytest.raises(ConfigError, match="door two takes calls at /metrics, which is used by the"):
        running(tmp_path, text).__enter__()


def test_a_door_challenges_no_call_of_another(tmp_path: Path) -> None:
    digest = 'auth = { type = "digest", username = "a", password = "b" }'
    basic = WITH_WSDL[WITH_WSDL.index("auth") :].split("\n", 1)[0]
    text = same_dialect("", "", WITH_WSDL.replace(basic, digest), BLOCK)
    text = text.replace('key = "k"', 'username = "a"\ncallers.a.password = "b"', 1)
    with running(tmp_path, text) as run:
        fields = {"key": "k", "to": "+12025550123", "text": "Hello"}
        assert run.ask(form("/base/send", fields)).status == 200
        assert run.ask(form("/nowhere", fields)).status == 404
        assert len(run.settled()) == 1
