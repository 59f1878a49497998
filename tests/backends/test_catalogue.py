"""A file of the catalogue makes a backend like any other, wherever the file is."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from zipfile import Path as ZipPath
from zipfile import ZipFile

import pytest

from smsbridge import Backend, ConfigError, Submission
from smsbridge.backends.catalogue import (
    catalogue_names,
    class_of_file,
    read_entry,
    shipped_file,
)
from smsbridge.backends.registry import find, installed_backends
from smsbridge.config.load import from_file, from_mapping
from smsbridge.config.url import from_url
from smsbridge.http.exchange import Response
from smsbridge.serving.rest import json_response

from support.blocks import MESSAGE, form, json_of, sent, session, talk
from support.each import each

QUAY = """
title = "Quay"
site = "https://docs.quay.example"
backend = "rest"
url = "https://api.quay.example"
auth = { type = "headers", headers = { Authorization = "Bearer {api_key}" } }

[credentials]
api_key = "the key of the console"

[send]
route = "POST /messages"
fields = { to = "{recipient}", text = "{text}" }
accepted = { when = { id = "*" }, id = "id" }

[provenance]
date = "2026-11-29"
seen = "never"
"""


BOX = """
title = "Box"
site = "https://docs.box.example"
backend = "soap"
wsdl = "box/box.wsdl"
auth = { type = "fields", fields = { Username = "{username}", Password = "{password}" } }

[credentials]
username = "the user"
password = "the password"

[send]
operation = "SendMessage"
fields = { "Mobile.string" = "{recipient}", Message = "{text}", Type = "1" }
accepted = { when = { "SendMessageResult.string" = "/[0-9]+/" } }

[provenance]
date = "2026-11-29"
seen = "never"
"""
KEYS = {"username": "u", "password": "p"}


def refusal(source: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read_entry("quay.toml", source)
    return str(caught.value)


@pytest.fixture
def quay(tmp_path: Path) -> Path:
    (tmp_path / "quay.toml").write_text(QUAY, encoding="utf-8")
    return tmp_path


def test_a_file_by_its_path_is_a_backend_beside_the_config(quay: Path) -> None:
    config = quay / "smsbridge.toml"
    config.write_text('[backends.shop]\nbackend = "./quay.toml"\napi_key = "K"\n')
    made = from_file("shop", config)
    assert (made.name, made.url, made.protocol) == ("quay", "https://api.quay.example", "rest")
    assert made.credentials() == {"api_key": "K"}
    assert "K" not in repr(made).replace("Quay", "")


def test_a_shipped_file_is_a_backend_by_its_name_and_by_its_url() -> None:
    keys = {"username": "AC1", "password": "T"}
    by_name = from_mapping({"backend": "twilio", **keys})
    by_url = from_url("twilio://AC1:T@api.twilio.com")
    assert by_name == by_url
    assert by_name.credentials() == keys


def test_every_file_that_ships_is_a_backend_that_is_listed_as_ours() -> None:
    shipped = {one.name for one in files("smsbridge.catalogue").iterdir()}
    names = {name.removesuffix(".toml") for name in shipped if name.endswith(".toml")}
    assert catalogue_names() == names
    listed = {one.name: one for one in installed_backends() if one.name in names}
    assert listed.keys() == names
    assert {(one.distribution, one.broken) for one in listed.values()} == {("smsbridge", "")}
    for name in names:
        assert find(name) is class_of_file(shipped_file(name))


def test_a_block_may_replace_a_table_of_the_file(quay: Path) -> None:
    own = {"route": "POST /v2", "fields": {"to": "{recipient}", "text": "{text}"}}
    own |= {"accepted": {"when": {"ok": "1"}}}
    given = {"backend": "./quay.toml", "api_key": "K", "send": own}
    made = from_mapping(given, folder=quay)
    send = made.protocols["rest"].send
    assert (send and send.call, made.credentials()) == ("POST /v2", {"api_key": "K"})
    assert (made.name, made.url) == ("quay", "https://api.quay.example")


def test_a_credential_that_is_missing_is_named(quay: Path) -> None:
    with pytest.raises(ConfigError, match=r"^quay over rest needs api_key$"):
        from_mapping({"backend": "./quay.toml"}, folder=quay)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "box").mkdir(parents=True)
    (folder / "box.toml").write_text(BOX)
    wsdl = files("smsbridge.catalogue").joinpath("afe.wsdl")
    (folder / "box" / "box.wsdl").write_bytes(wsdl.read_bytes())
    return folder


def test_a_wsdl_that_a_file_names_is_beside_that_file(box: Path) -> None:
    given = {"backend": "./files/box.toml", **KEYS}
    made = from_mapping(given, folder=box.parent)
    assert (made.protocol, made.wsdl) == ("soap", str(box / "box" / "box.wsdl"))
    own = {"operation": "SendMessage", "fields": {"Message": "{text}", "Number": "{recipient}"}}
    own |= {"accepted": {"when": {"SendMessageResult.string": "1"}}}
    assert from_mapping(given | {"send": own}, folder=box.parent).wsdl == made.wsdl


def test_who_uses_a_file_may_have_the_wsdl_elsewhere(box: Path, tmp_path: Path) -> None:
    (box / "box" / "box.wsdl").rename(tmp_path / "mine.wsdl")
    given = {"backend": "./files/box.toml", "wsdl": "mine.wsdl", **KEYS}
    assert from_mapping(given, folder=tmp_path).wsdl == str(tmp_path / "mine.wsdl")


def test_a_file_in_an_archive_names_no_wsdl(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "box.zip", "w") as archive:
        archive.writestr("box.toml", BOX)
        archive.writestr("linked.toml", BOX.replace("box/box", "https://sms.example/box"))
    with ZipFile(tmp_path / "box.zip") as archive:
        with pytest.raises(ConfigError, match=r"^box\.toml, line 5: wsdl: a file in an archive"):
            class_of_file(ZipPath(archive, "box.toml"))
        made = class_of_file(ZipPath(archive, "linked.toml"))
    assert made.wsdl == "https://sms.example/box.wsdl"


@each(
    ("old", "new", "why"),
    [
        ('title = "Quay"\n', "", "title is missing"),
        ('"rest"', '"smtp"', "line 4: backend: give one of rest and soap"),
        ("[provenance]\ndate", "date", "provenance is missing"),
        ('date = "', 'day = "', "line 16: provenance: date is missing"),
        ('api_key = "the', 'api_key = 5 #"the', "line 9: credentials.api_key: give text"),
        (
            "url = ",
            "ca = ",
            "line 5: ca: is for the user of the file: it belongs in smsbridge.toml",
        ),
        ('"headers", ', '"headers", api_key = "K", ', "this is a credential: leave its value out"),
        ("url = ", 'cleartext_hosts = ["a"] #', "line 5: cleartext_hosts: is for the user"),
        ("title = ", "title == ", "quay.toml is not valid TOML"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(old: str, new: str, why: str) -> None:
    assert why in refusal(QUAY.replace(old, new, 1))


def test_a_table_that_is_wrong_is_refused_with_the_file_and_the_line(quay: Path) -> None:
    (quay / "quay.toml").write_text(QUAY.replace("POST /messages", "/messages"))
    with pytest.raises(ConfigError, match=r"^quay\.toml, line 12: send\.route: "):
        find("./quay.toml", quay)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^can't read quay\.toml: No such file or directory$"):
        find("./quay.toml", tmp_path)


def test_the_same_text_makes_one_class(quay: Path) -> None:
    found: type[Backend] = find("./quay.toml", quay)
    assert find("./quay.toml", quay) is found


def test_a_credential_that_stands_in_a_route_only_is_one_of_the_url() -> None:
    made = from_url("kavenegar://KEY@api.kavenegar.com")
    assert made.credentials() == {"api_key": "KEY"}


def test_a_block_may_give_messages_a_sender_and_keep_the_constants_of_the_file(
    tmp_path: Path,
) -> None:
    quay = QUAY.replace("fields = { to", 'fields = { from = "{sender}", account = "{account}", to')
    (tmp_path / "quay.toml").write_text(f'values = {{ account = "1" }}\n{quay}', encoding="utf-8")
    config = tmp_path / "smsbridge.toml"
    block = (
        '[backends.shop]\nbackend = "./quay.toml"\napi_key = "K"\nvalues = { sender = "SHOP" }\n'
    )
    config.write_text(block)
    request = sent(from_file("shop", config))
    assert json_of(request) == {
        "from": "SHOP",
        "account": "1",
        "to": "+12025550123",
        "text": "Hello",
    }


PAIR = """
[backends.both]
backend = "failover"
backends = ["first", "second"]

[backends.first]
backend = "messagebird"
access_key = "K1"

[backends.second]
backend = "twilio"
username = "AC1"
password = "T"
values = { sender = "+12025550100" }
"""


def test_a_failover_goes_from_one_provider_of_the_catalogue_to_another(tmp_path: Path) -> None:
    config = tmp_path / "smsbridge.toml"
    config.write_text(PAIR)
    backend = from_file("both", config)
    busy = Response(status=429)
    taken = json_response(201, {"sid": "SM1", "status": "queued"})
    message = replace(MESSAGE, sender=None)
    end, (first, second) = talk(backend.send(message, session()), busy, taken)
    assert isinstance(end, Submission)
    assert (end.id, end.attempt.via) == ("SM1", "second")
    assert (first.url, second.url) == (
        "https://rest.messagebird.com/messages",
        "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json",
    )
    assert form(second)["From"] == "+12025550100"
