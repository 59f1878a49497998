"""A WSDL brought into a folder: nothing is fetched again, and what differs is refused in words."""

from __future__ import annotations

import json
import os
import shutil
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from smsbridge import ConfigError
from smsbridge.backends.memory import MemoryBackend
from smsbridge.codecs.soap.fetch import fetch_imports, fetch_wsdl
from smsbridge.codecs.soap.imports import HERE
from smsbridge.codecs.soap.load import load_ports
from smsbridge.codecs.soap.lockfile import LockedFolder, WSDLChanged, lock, read_current, wsdl_name
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.outline import outline
from smsbridge.codecs.soap.wsdl_files import LOCK, Source, read_source, sha256
from smsbridge.http.exchange import Broken, drive
from smsbridge.http.requests_transport import RequestsTransport

from support.corpus import CONTRACTS
from support.each import each
from support.fault_server import FaultServer, Got, answer
from support.sites import Site
from support.vendor import WSDL, changed

BASE = "https://vendor.example/files/"
TREES = {
    "document-wrapped.wsdl": {"document-wrapped.wsdl"},
    "wsdl-import.wsdl": {"wsdl-import.wsdl", "interface.wsdl", "elements.xsd"},
    "schema-files.wsdl": {
        "schema-files.wsdl",
        "types.xsd",
        "address.xsd",
        "basic.xsd",
        "digits.xsd",
    },
    "schema-circle.wsdl": {"schema-circle.wsdl", "message.xsd", "party.xsd", "plan.xsd"},
}
RENAMED = ('"destination"', '"recipient"')


CORPUS = {
    BASE + str(file.relative_to(CONTRACTS)): file.read_text(encoding="utf-8")
    for file in CONTRACTS.rglob("*")
    if file.is_file()
}


def gathered(address: str, site: Site) -> Source:
    return drive(fetch_wsdl(address, lambda _: True, "wsdl"), site)


def locked_in(folder: Path, wsdl: str = WSDL, *, update: bool = False) -> LockedFolder:
    return lock(Source(document=wsdl.encode()), "oldcorp.wsdl", folder, update=update)


def files_of(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def refuse_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a connection is made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises((ConfigError, BadWSDL)) as refused:
        call()
    return str(refused.value)


# --- what is written


@each("file", TREES)
def test_a_wsdl_that_is_served_comes_with_all_that_it_imports_and_then_asks_for_nothing(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def serve(_: FaultServer, got: Got) -> bytes:
        found = CONTRACTS / got.path.lstrip("/")
        return answer(200, found.read_bytes()) if found.is_file() else answer(404)

    transport = RequestsTransport(MemoryBackend())
    with FaultServer([serve]) as server:
        exchange = fetch_wsdl(f"{server.url}/{file}", lambda _: True, "wsdl")
        source = drive(exchange, lambda request: transport.send(request, time.monotonic() + 30))
        transport.close()
        asked = [server.url + got.path for got in server.sends]
    assert len(asked) == len(set(asked))
    done = lock(source, file, tmp_path)
    assert done.wsdl == tmp_path / file
    assert set(done.files) == TREES[file]
    assert set(done.files.values()) == set(asked)
    assert files_of(tmp_path) == {*done.files, LOCK}
    refuse_connections(monkeypatch)
    again = load_ports(read_source(done.wsdl))
    assert outline(again) == outline(load_ports(read_source(CONTRACTS / file)))


@each("file", TREES)
def test_files_beside_a_wsdl_keep_their_names_and_places(file: str, tmp_path: Path) -> None:
    done = lock(read_current(CONTRACTS / file), file, tmp_path)
    assert {Path(name).name for name in done.files} == TREES[file]
    for name in done.files:
        assert (tmp_path / name).read_bytes() == (CONTRACTS / name).read_bytes()


def test_a_file_that_imports_from_an_address_is_completed_from_there(tmp_path: Path) -> None:
    text = (CONTRACTS / "wsdl-import.wsdl").read_text(encoding="utf-8")
    file = tmp_path / "service.wsdl"
    file.write_text(text.replace("parts/", f"{BASE}parts/"))
    site = Site(CORPUS)
    source = drive(fetch_imports(read_current(file), lambda _: True, "wsdl"), site)
    done = lock(source, file.name, tmp_path)
    assert site.asked == [f"{BASE}parts/interface.wsdl", f"{BASE}parts/elements.xsd"]
    assert done.files["service.wsdl"] == ""
    assert outline(load_ports(read_source(file)))


def test_a_lock_has_the_hash_and_the_origin_of_each_file_and_the_contract_in_words(
    tmp_path: Path,
) -> None:
    site = Site(CORPUS)
    done = lock(gathered(f"{BASE}wsdl-import.wsdl", site), "service.wsdl", tmp_path)
    held = json.loads((tmp_path / LOCK).read_text(encoding="utf-8"))
    assert held.keys() == {"smsbridge-wsdl-lock", "wsdl", "files", "contract"}
    assert (held["smsbridge-wsdl-lock"], held["wsdl"]) == (1, "service.wsdl")
    assert {name: one["from"] for name, one in held["files"].items()} == done.files
    for name, one in held["files"].items():
        assert one["sha256"] == sha256((tmp_path / name).read_bytes())
    assert held["contract"] == outline(done.ports)


def test_documents_of_one_name_get_names_of_their_own(tmp_path: Path) -> None:
    text = CORPUS[f"{BASE}wsdl-import.wsdl"]
    site = Site(
        {
            "https://v.example/s?wsdl": text.replace("parts/interface.wsdl", "s?wsdl=1"),
            "https://v.example/s?wsdl=1": CORPUS[f"{BASE}parts/interface.wsdl"].replace(
                "elements.xsd", "s?xsd=1"
            ),
            "https://v.example/s?xsd=1": CORPUS[f"{BASE}parts/elements.xsd"],
        }
    )
    done = lock(gathered("https://v.example/s?wsdl", site), "s.wsdl", tmp_path)
    assert done.files == {
        "s.wsdl": "https://v.example/s?wsdl",
        "s-wsdl-1.wsdl": "https://v.example/s?wsdl=1",
        "s-xsd-1.xsd": "https://v.example/s?xsd=1",
    }
    assert outline(load_ports(read_source(done.wsdl)))


@each(("first", "second"), [("a/types.xsd", "b/types.xsd"), ("a/types", "b/types.xsd")])
def test_two_documents_never_share_a_file(first: str, second: str, tmp_path: Path) -> None:
    names = {"elements.xsd": first, "more.xsd": second}
    interface = CORPUS[f"{BASE}parts/interface.wsdl"].replace(
        '<xsd:import namespace="urn:imported:sms" schemaLocation="elements.xsd"/>',
        '<xsd:import namespace="urn:imported:sms" schemaLocation="elements.xsd"/>'
        '<xsd:import namespace="urn:more" schemaLocation="more.xsd"/>',
    )
    for old, new in names.items():
        interface = interface.replace(f'"{old}"', f'"{new}"')
    more = '<schema xmlns="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:more"/>'
    site = Site(
        {
            BASE: CORPUS[f"{BASE}wsdl-import.wsdl"].replace("parts/interface", "interface"),
            f"{BASE}interface.wsdl": interface,
            BASE + first: CORPUS[f"{BASE}parts/elements.xsd"],
            BASE + second: more,
        }
    )
    done = lock(gathered(BASE, site), "s.wsdl", tmp_path)
    assert set(done.files) == {"s.wsdl", "interface.wsdl", "types.xsd", "types-2.xsd"}
    assert outline(load_ports(read_source(done.wsdl)))


@each(
    ("address", "name"),
    [
        ("https://v.example/Service.svc?wsdl", "Service.wsdl"),
        ("https://v.example/sms/v2.0", "v2.wsdl"),
        ("https://v.example/a/b/oldcorp.wsdl", "oldcorp.wsdl"),
        ("https://v.example/", "service.wsdl"),
        ("https://v.example", "service.wsdl"),
        ("https://v.example/..%2f..%2fetc%2fpasswd", "passwd.wsdl"),
        ("https://v.example/%2e%2e", "service.wsdl"),
        ("https://v.example/a%20b.wsdl", "a-b.wsdl"),
    ],
)
def test_the_file_of_a_wsdl_is_named_after_its_address_and_never_leads_elsewhere(
    address: str, name: str
) -> None:
    assert wsdl_name(address) == name


@each("place", ["../up.xsd", "/etc/hosts.xsd", "..%2fup.xsd"])
def test_no_document_is_written_outside_of_the_folder(place: str, tmp_path: Path) -> None:
    text = CORPUS[f"{BASE}parts/interface.wsdl"].replace("elements.xsd", place)
    site = Site(dict.fromkeys(above(place), CORPUS[f"{BASE}parts/elements.xsd"]))
    site.documents |= {
        f"{BASE}s.wsdl": CORPUS[f"{BASE}wsdl-import.wsdl"].replace("parts/interface", "i"),
        f"{BASE}i.wsdl": text,
    }
    folder = tmp_path / "inner"
    lock(gathered(f"{BASE}s.wsdl", site), "s.wsdl", folder)
    assert {path.parts[0] for path in map(Path, files_of(tmp_path))} == {"inner"}
    assert len(files_of(folder)) == 4


def above(place: str) -> list[str]:
    """Return where a place may be taken to be, below our base."""
    own = "https://vendor.example"
    return [f"{own}/up.xsd", f"{own}/etc/hosts.xsd", BASE + place]


def test_a_wsdl_without_a_soap_port_is_not_locked(tmp_path: Path) -> None:
    text = WSDL[: WSDL.index("<wsdl:service")] + "</wsdl:definitions>"
    said = refusal(lambda: locked_in(tmp_path, text))
    assert said == "the WSDL has no SOAP port"
    assert files_of(tmp_path) == set()


def test_an_import_that_can_t_be_had_leaves_nothing_behind(tmp_path: Path) -> None:
    documents = {url: text for url, text in CORPUS.items() if "elements.xsd" not in url}
    with pytest.raises(Broken, match="HTTP 404"):
        lock(gathered(f"{BASE}wsdl-import.wsdl", Site(documents)), "s.wsdl", tmp_path)
    assert files_of(tmp_path) == set()


def test_a_file_that_is_missing_beside_a_wsdl_is_asked_for_nowhere(tmp_path: Path) -> None:
    shutil.copy(CONTRACTS / "wsdl-import.wsdl", tmp_path)
    site = Site({})
    source = read_current(tmp_path / "wsdl-import.wsdl")
    exchange = fetch_imports(source, lambda address: not address.startswith(HERE), "wsdl")
    said = refusal(lambda: drive(exchange, site))
    assert said == "it imports parts/interface.wsdl, which is not a file beside it"
    assert site.asked == []


@each("place", ["/dev/null/folder", "file"])
def test_a_folder_that_can_t_be_written_is_said(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert refusal(lambda: locked_in(tmp_path / place)).startswith("can't write ")


# --- again


def test_the_same_wsdl_again_is_quiet(tmp_path: Path) -> None:
    locked_in(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in files_of(tmp_path)}
    locked_in(tmp_path)
    assert {name: (tmp_path / name).read_bytes() for name in files_of(tmp_path)} == before


def test_the_same_files_locked_from_themselves_again_are_quiet(tmp_path: Path) -> None:
    site = Site(CORPUS)
    done = lock(gathered(f"{BASE}wsdl-import.wsdl", site), "service.wsdl", tmp_path)
    again = lock(read_current(done.wsdl), "service.wsdl", tmp_path)
    assert again.files == done.files


def test_a_changed_wsdl_is_refused_with_what_changed_and_nothing_is_written(
    tmp_path: Path,
) -> None:
    locked_in(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in files_of(tmp_path)}
    with pytest.raises(WSDLChanged) as refused:
        locked_in(tmp_path, changed(RENAMED, ('"40"', '"20"')))
    assert refused.value.changes == [
        "SubmitShortMessage, input: request.destination was renamed to request.recipient",
        (
            "SubmitShortMessage, input: request.ref was string (maxLength 40), optional, "
            "is string (maxLength 20), optional: narrowed"
        ),
    ]
    assert all(sentence in str(refused.value) for sentence in refused.value.changes)
    assert "--update accepts it" in str(refused.value)
    assert {name: (tmp_path / name).read_bytes() for name in files_of(tmp_path)} == before


def test_update_takes_a_changed_wsdl(tmp_path: Path) -> None:
    locked_in(tmp_path)
    done = locked_in(tmp_path, changed(RENAMED), update=True)
    assert b'"recipient"' in done.wsdl.read_bytes()
    locked_in(tmp_path, changed(RENAMED))
    with pytest.raises(
        WSDLChanged, match=r"request\.recipient was renamed to request\.destination"
    ):
        locked_in(tmp_path)


def test_a_changed_import_is_refused_too(tmp_path: Path) -> None:
    site = Site(CORPUS)
    address = f"{BASE}schema-files.wsdl"
    lock(gathered(address, site), "s.wsdl", tmp_path)
    url = f"{BASE}schemas/basic/digits.xsd"
    site.documents[url] = site.documents[url].replace("{5,15}", "{5,9}")
    with pytest.raises(WSDLChanged, match=r"message\.to\.number was string"):
        lock(gathered(address, site), "s.wsdl", tmp_path)


def test_the_same_words_from_another_place_are_refused_and_said_to_be_the_same(
    tmp_path: Path,
) -> None:
    locked_in(tmp_path)
    source = gathered("https://v.example/x", Site({"https://v.example/x": WSDL}))
    with pytest.raises(WSDLChanged) as refused:
        lock(source, "oldcorp.wsdl", tmp_path)
    assert refused.value.changes == [
        "its words are the same, but it came from a file, not https://v.example/x"
    ]


def test_another_wsdl_in_the_same_folder_is_refused_by_name(tmp_path: Path) -> None:
    locked_in(tmp_path)
    said = refusal(lambda: lock(Source(document=WSDL.encode()), "newcorp.wsdl", tmp_path))
    assert said == f"{tmp_path / LOCK} belongs to oldcorp.wsdl: give another folder, or --update"


@each(
    "text",
    [
        *("", "{", "[]", "{}", '{"files": 1}', '{"wsdl": "x", "files": {"x": {}}}', "\udcff"),
        "[" * 100_000,
    ],
)
def test_a_damaged_lock_is_refused_and_update_writes_a_new_one(text: str, tmp_path: Path) -> None:
    locked_in(tmp_path)
    (tmp_path / LOCK).write_text(text, encoding="utf-8", errors="surrogateescape")
    said = refusal(lambda: locked_in(tmp_path))
    assert said == f"{tmp_path / LOCK} is damaged: remove it, or give --update"
    locked_in(tmp_path, update=True)
    locked_in(tmp_path)


def test_files_that_were_edited_by_hand_are_taken_with_update_and_ask_for_nothing(
    tmp_path: Path,
) -> None:
    done = lock(gathered(f"{BASE}wsdl-import.wsdl", Site(CORPUS)), "s.wsdl", tmp_path)
    schema = tmp_path / "elements.xsd"
    schema.write_text(schema.read_text().replace('name="to"', 'name="recipient"'))
    site = Site({})
    source = drive(fetch_imports(read_current(done.wsdl), lambda _: True, "wsdl"), site)
    with pytest.raises(WSDLChanged, match="to was renamed to recipient"):
        lock(source, "s.wsdl", tmp_path)
    lock(source, "s.wsdl", tmp_path, update=True)
    assert read_source(done.wsdl)
    assert site.asked == []


def test_a_locked_file_that_is_gone_is_fetched_again(tmp_path: Path) -> None:
    done = lock(gathered(f"{BASE}wsdl-import.wsdl", Site(CORPUS)), "s.wsdl", tmp_path)
    (tmp_path / "elements.xsd").unlink()
    site = Site(CORPUS)
    lock(
        drive(fetch_imports(read_current(done.wsdl), lambda _: True, "wsdl"), site),
        "s.wsdl",
        tmp_path,
    )
    assert site.asked == [f"{BASE}parts/elements.xsd"]
    assert read_source(done.wsdl)


def test_a_damaged_lock_is_no_lock_for_a_file_that_is_locked_again(tmp_path: Path) -> None:
    done = locked_in(tmp_path)
    (tmp_path / LOCK).write_text("{")
    assert read_current(done.wsdl) == Source(document=WSDL.encode(), folder=tmp_path)


# --- a backend whose WSDL is at an address


@each("name", ["oldcorp.wsdl", LOCK])
def test_a_pipe_where_a_file_is_to_be_written_is_refused_before_any_is(
    tmp_path: Path, name: str
) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(ConfigError, match="is not a regular file"):
        locked_in(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def keyed() -> Site:
    """Return a service that wants a key in each address, which its imports have too."""
    text = CORPUS[f"{BASE}wsdl-import.wsdl"]
    at = "https://v.example/s?apikey=canary-key&amp;"
    return Site(
        {
            "https://v.example/s?wsdl&apikey=canary-key": text.replace(
                "parts/interface.wsdl", f"{at}wsdl=1"
            ),
            "https://v.example/s?apikey=canary-key&wsdl=1": CORPUS[
                f"{BASE}parts/interface.wsdl"
            ].replace("elements.xsd", f"{at}xsd=1"),
            "https://v.example/s?apikey=canary-key&xsd=1": CORPUS[f"{BASE}parts/elements.xsd"],
        }
    )


KEYED = "https://v.example/s?wsdl&apikey=canary-key"


def test_a_lock_and_the_names_of_its_files_have_no_key_of_an_address(tmp_path: Path) -> None:
    done = lock(gathered(KEYED, keyed()), "s.wsdl", tmp_path)
    assert done.files == {
        "s.wsdl": "https://v.example/s?wsdl&•••",
        "s-wsdl-1.wsdl": "https://v.example/s?wsdl=1&•••",
        "s-xsd-1.xsd": "https://v.example/s?xsd=1&•••",
    }
    assert "canary" not in (tmp_path / LOCK).read_text(encoding="utf-8")
    assert not [file for file in tmp_path.rglob("*") if "canary" in file.name]


def test_what_was_locked_of_addresses_with_a_key_is_read_and_held_to_it(tmp_path: Path) -> None:
    done = lock(gathered(KEYED, keyed()), "s.wsdl", tmp_path)
    assert outline(load_ports(read_source(done.wsdl))) == outline(done.ports)
    lock(gathered(KEYED, keyed()), "s.wsdl", tmp_path)  # the same: nothing to refuse
    done.wsdl.write_bytes(done.wsdl.read_bytes() + b"<!-- -->")
    with pytest.raises(BadWSDL, match=r"s\.wsdl: changed since"):
        read_source(done.wsdl)
    lock(gathered(KEYED, keyed()), "s.wsdl", tmp_path, update=True)
    assert outline(load_ports(read_source(done.wsdl)))


def test_a_lock_that_holds_a_key_from_before_is_read_and_renewed(tmp_path: Path) -> None:
    done = lock(gathered(KEYED, keyed()), "s.wsdl", tmp_path)
    held = tmp_path / LOCK
    old = json.loads(held.read_text(encoding="utf-8"))
    for name, address in zip(done.files, keyed().documents, strict=True):
        old["files"][name]["from"] = address
    held.write_text(json.dumps(old), encoding="utf-8")
    assert outline(load_ports(read_source(done.wsdl)))
    lock(gathered(KEYED, keyed()), "s.wsdl", tmp_path)
    assert "canary" not in held.read_text(encoding="utf-8")


def test_documents_whose_addresses_differ_in_what_may_be_a_key_only_are_refused(
    tmp_path: Path,
) -> None:
    text = CORPUS[f"{BASE}wsdl-import.wsdl"]
    site = Site(
        {
            "https://v.example/s?a": text.replace("parts/interface.wsdl", "s?b"),
            "https://v.example/s?b": CORPUS[f"{BASE}parts/interface.wsdl"].replace(
                "elements.xsd", "s?c"
            ),
            "https://v.example/s?c": CORPUS[f"{BASE}parts/elements.xsd"],
        }
    )
    with pytest.raises(BadWSDL, match="differ only in what may be a key"):
        lock(gathered("https://v.example/s?a", site), "s.wsdl", tmp_path)
