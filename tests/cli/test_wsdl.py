"""``smsbridge wsdl``: show prints for a person, or a block; what is locked is never fetched."""

from __future__ import annotations

import json
import socket
import tomllib
from pathlib import Path
from typing import NoReturn

import pytest

from smsbridge import ConfigError
from smsbridge.codecs.soap.wsdl_files import LOCK
from smsbridge.config.load import from_mapping

from support.blocks import GATE
from support.commands import one_line, run
from support.corpus import CONTRACTS
from support.each import each
from support.fault_server import FaultServer, Got, answer
from support.sending import NUMBER, TEXT
from support.tunnel import secured
from support.vendor import WSDL, changed

CODE = '"result.code" = "0"'
LOGIN = {"GATE_USERNAME": "x", "GATE_PASSWORD": "x"}
FILES = sorted(CONTRACTS.glob("*.wsdl"))
RENAMED = ('"destination"', '"recipient"')


@pytest.fixture(autouse=True)
def _here(nowhere: Path) -> None:
    """Stand beside a WSDL."""
    (nowhere / "oldcorp.wsdl").write_text(WSDL)


def corpus(_: FaultServer, got: Got) -> bytes:
    """Serve the files of the corpus."""
    found = CONTRACTS / got.path.lstrip("/")
    return answer(200, found.read_bytes()) if found.is_file() else answer(404)


def files_of(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("a connection is made")

    monkeypatch.setattr(socket.socket, "connect", refuse)


# --- show


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_wsdl_of_the_corpus_is_shown_or_refused_in_one_line(file: Path) -> None:
    done = run("wsdl", "show", str(file))
    if file.name == "mtom.wsdl":
        assert (done.code, done.out) == (2, "")
        assert one_line(done.err)
        return
    assert (done.code, done.err) == (0, "")
    assert ", port " in done.out.splitlines()[0]


def test_show_prints_what_a_person_reads() -> None:
    done = run("wsdl", "show", "oldcorp.wsdl")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("MessagingService, port MessagingPort: SOAP 1.1\n  https://")
    assert "\n    in     messageId  string  required  e.g. text\n" in done.out


def test_toml_prints_nothing_but_a_block() -> None:
    done = run("wsdl", "show", "oldcorp.wsdl", "--toml", "SubmitShortMessage")
    assert (done.code, done.err) == (0, "")
    document = tomllib.loads(done.out)
    assert document.keys() == {"backends"}
    assert document["backends"]["messaging"]["wsdl"] == "oldcorp.wsdl"


def test_a_block_that_is_appended_to_the_config_sends_to_a_mock_of_it(nowhere: Path) -> None:
    from smsbridge import Client
    from smsbridge.testing.mock.provider import Provider
    from smsbridge.testing.mock.transport import InProcess

    done = run("wsdl", "show", "oldcorp.wsdl", "--toml", "SubmitShortMessage")
    (nowhere / "smsbridge.toml").write_text(done.out.replace('"result.code" = ""', CODE))
    backend = Client.from_config().backend
    provider = Provider(backend)
    assert Client(backend, transport=InProcess(provider)).send(NUMBER, TEXT).id
    assert [taken.text for taken in provider.messages] == [TEXT]


@each(
    ("operation", "kind", "says"),
    [
        ("QueryMessage", "status", ['"messageId" = "{id}"', 'status = "row.state"']),
        ("FetchInbox", "received", ['"since" = "{after|iso}"', 'sender = "number"']),
        ("FetchInbox", "sent", ["[backends.messaging.sent]", 'id = "messageId"']),
    ],
)
def test_the_table_of_a_question_is_proposed_and_taken_as_it_is(
    operation: str, kind: str, says: list[str], nowhere: Path
) -> None:
    done = run("wsdl", "show", "oldcorp.wsdl", "--toml", operation, "--as", kind)
    assert (done.code, [word for word in says if word not in done.out]) == (0, [])
    (block,) = tomllib.loads(done.out)["backends"].values()
    assert from_mapping({**block, "wsdl": str(nowhere / "oldcorp.wsdl")}, name="gate").name


def test_the_table_of_a_login_names_the_token_and_is_refused_without_a_call() -> None:
    done = run("wsdl", "show", str(GATE), "--toml", "Login", "--as", "token")
    assert 'token = "token"' in done.out
    (block,) = tomllib.loads(done.out)["backends"].values()
    with pytest.raises(ConfigError, match="say what it can do"):
        from_mapping(block, name="gate", environ=LOGIN)


def test_one_port_of_several_is_shown_and_named_in_its_block() -> None:
    file = str(CONTRACTS / "services.wsdl")
    assert run("wsdl", "show", file).out.count(", port ") == 3
    done = run("wsdl", "show", file, "--port", "Billing")
    assert done.out.startswith("Accounting, port Billing: ")
    assert done.out.count(", port ") == 1
    block = run("wsdl", "show", file, "--toml", "GetStatus")
    assert (block.code, block.err) == (0, "")
    assert 'port = "Tracking"\n' in block.out


def test_where_several_ports_have_an_operation_the_first_is_taken_and_that_is_said() -> None:
    file = str(CONTRACTS / "soap11-and-soap12.wsdl")
    done = run("wsdl", "show", file, "--toml", "Send")
    assert done.code == 0
    assert 'port = "Soap11"\n' in done.out
    assert done.err == "by port Soap11; --port chooses another: Soap12\n"
    other = run("wsdl", "show", file, "--toml", "Send", "--port", "Soap12")
    assert (other.code, other.err) == (0, "")
    assert 'port = "Soap12"\n' in other.out


def test_a_wsdl_at_an_address_is_fetched_and_shown() -> None:
    with FaultServer([corpus]) as server:
        url = f"{server.url}/wsdl-import.wsdl"
        done = run("wsdl", "show", url)
        block = run("wsdl", "show", url, "--toml", "Send")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("ImportedService, port ImportedPort: SOAP 1.1\n")
    assert f'wsdl = "{url}"\n' in block.out


@pytest.mark.parametrize("command", [["show"], ["lock", "--to", "vendor"]], ids=" ".join)
def test_a_wsdl_behind_tls_of_a_private_issuer_is_fetched_with_ca(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = secured(tmp_path, "127.0.0.1")
    monkeypatch.setattr("smsbridge.http.address.is_loopback", lambda _: False)
    with FaultServer([answer(200, WSDL)], tls=there.tls) as server:
        url = f"{server.url}/s?wsdl"
        refused = run("wsdl", *command, url)
        assert refused.code == 1
        assert "no trusted TLS connection" in refused.err
        assert one_line(refused.err)
        done = run("wsdl", *command, url, "--ca", there.ca)
    assert done.code == 0
    assert "without TLS" not in done.err


def test_a_wsdl_that_comes_from_elsewhere_without_tls_is_said_on_stderr(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("smsbridge.http.address.is_loopback", lambda _: False)
    with FaultServer([answer(200, WSDL)]) as server:
        url = f"{server.url}/s?wsdl"
        done = run("wsdl", "show", url, "--toml", "FetchInbox")
    assert (done.code, done.err) == (0, f"{url} was fetched without TLS: check it\n")
    assert done.out.startswith("[backends.messaging]\n")


REFUSALS: dict[str, tuple[list[str], str]] = {
    "no file": (["a/nope.wsdl"], "can't read a/nope.wsdl: No such file or directory"),
    "a folder": (["."], "can't read"),
    "no xml": (["notes.txt"], "notes.txt: the WSDL: the document is not well-formed XML"),
    "no wsdl": (["page.html"], "page.html: "),
    "no soap port": (["bare.wsdl"], "bare.wsdl: the WSDL has no SOAP port"),
    "no such port": (
        ["oldcorp.wsdl", "--port", "Messaging"],
        "the WSDL has no SOAP port 'Messaging'; did you mean 'MessagingPort'?",
    ),
    "no such operation": (
        ["oldcorp.wsdl", "--toml", "Submit"],
        "the WSDL has no operation 'Submit'; did you mean 'SubmitShortMessage'?",
    ),
    "no such operation in any port": (
        [str(CONTRACTS / "services.wsdl"), "--toml", "Sent"],
        "the WSDL has no operation 'Sent'; did you mean 'Send'?",
    ),
    "a one-way operation": (
        [str(CONTRACTS / "one-way.wsdl"), "--toml", "Notify"],
        "operation Notify is one-way: nothing says that a message was taken",
    ),
    "no such issuers": (["oldcorp.wsdl", "--ca", "nope.pem"], "ca: the PEM file can't be read"),
    "no address": (["ftp://v.example/s.wsdl"], "wsdl: give http:// or https://"),
    "a password in the address": (["https://u:canary@v.example/s"], "no credentials"),
    "an import elsewhere": (["remote.wsdl"], "smsbridge wsdl lock brings it in"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_can_t_be_shown_exits_2_in_one_line(name: str, nowhere: Path) -> None:
    (nowhere / "notes.txt").write_text("dear diary")
    (nowhere / "page.html").write_text("<html/>")
    bare = WSDL[: WSDL.index("<wsdl:service")] + "</wsdl:definitions>"
    (nowhere / "bare.wsdl").write_text(bare)
    imports = (CONTRACTS / "wsdl-import.wsdl").read_text()
    (nowhere / "remote.wsdl").write_text(imports.replace("parts/", "https://v.example/parts/"))
    arguments, said = REFUSALS[name]
    done = run("wsdl", "show", *arguments)
    assert (done.code, done.out) == (2, "")
    assert one_line(done.err)
    assert said in done.err
    assert "canary" not in done.err


@pytest.mark.parametrize(
    ("play", "said"),
    [(answer(404), "HTTP 404"), ("reset-after-request", "the connection was reset")],
)
def test_a_wsdl_that_can_t_be_fetched_exits_1_in_one_line(play: bytes | str, said: str) -> None:
    with FaultServer([play]) as server:
        done = run("wsdl", "show", f"{server.url}/s?wsdl")
    assert (done.code, done.out) == (1, "")
    assert one_line(done.err)
    assert f"{server.url}/s?wsdl: {said}" in done.err


# --- lock


def test_a_file_is_locked_where_it_is_and_the_line_for_the_config_is_on_stdout(
    nowhere: Path,
) -> None:
    done = run("wsdl", "lock", "oldcorp.wsdl")
    assert (done.code, done.out) == (0, 'wsdl = "oldcorp.wsdl"\n')
    assert done.err == ("oldcorp.wsdl  from a file\nlocked: 1 file, 3 operations; in the config:\n")
    assert files_of(nowhere) == {"oldcorp.wsdl", LOCK}


def test_a_wsdl_at_an_address_is_locked_with_all_that_it_imports_and_never_fetched_again(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer([corpus]) as server:
        done = run("wsdl", "lock", f"{server.url}/schema-circle.wsdl", "--to", "vendor/circle")
        assert (done.code, done.out) == (0, 'wsdl = "vendor/circle/schema-circle.wsdl"\n')
        asked = [got.path for got in server.sends]
        url = server.url
    *lines, last = done.err.splitlines()
    assert last == "locked: 4 files, 1 operation; in the config:"
    assert [line.split()[2] for line in lines] == [url + path for path in asked]
    assert len({line.index("from") for line in lines}) == 1
    no_network(monkeypatch)
    shown = run("wsdl", "show", "vendor/circle/schema-circle.wsdl")
    assert (shown.code, shown.err) == (0, "")
    again = run("wsdl", "lock", "vendor/circle/schema-circle.wsdl")
    assert (again.code, again.out) == (0, done.out)


def test_without_to_a_wsdl_at_an_address_gets_a_folder_of_its_name(nowhere: Path) -> None:
    with FaultServer([answer(200, WSDL)]) as server:
        done = run("wsdl", "lock", f"{server.url}/Messaging.svc?wsdl")
    assert done.out == 'wsdl = "Messaging/Messaging.wsdl"\n'
    assert files_of(nowhere / "Messaging") == {"Messaging.wsdl", LOCK}


@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize("command", [["show"], ["lock", "--to", "vendor"]], ids=" ".join)
def test_a_key_in_the_address_of_a_wsdl_is_not_printed(
    command: list[str], status: int, nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("smsbridge.http.address.is_loopback", lambda _: False)
    for body in (WSDL, "<no-wsdl/>"):
        with FaultServer([answer(status, body)]) as server:
            done = run("wsdl", *command, f"{server.url}/s?wsdl&apikey=canary-key")
        assert "canary" not in done.out + done.err
        assert "/s?wsdl&•••" in done.err


def test_a_block_of_an_address_with_a_key_takes_it_from_a_variable_and_works_when_pasted(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def play(server: FaultServer, _: Got) -> bytes:
        return answer(200, WSDL.replace("https://sms.oldcorp.example", server.url))

    with FaultServer([play]) as server:
        address = f"{server.url}/s?wsdl&apikey=canary-key"
        done = run("wsdl", "show", address, "--toml", "SubmitShortMessage")
        assert (done.code, done.err, "canary" in done.out) == (0, "", False)
        assert f"# {server.url}/s?wsdl&••• with its key: set MESSAGING_WSDL to" in done.out
        (nowhere / "smsbridge.toml").write_text(done.out.replace('"result.code" = ""', CODE))
        assert run("explain", NUMBER, TEXT).code == 2
        monkeypatch.setenv("MESSAGING_WSDL", address)
        assert run("explain", NUMBER, TEXT).code == 0
        assert [got.path for got in server.sends] == ["/s?wsdl&apikey=canary-key"] * 2


def test_a_file_that_imports_from_an_address_is_locked_with_that(nowhere: Path) -> None:
    text = (CONTRACTS / "wsdl-import.wsdl").read_text()
    with FaultServer([corpus]) as server:
        (nowhere / "s.wsdl").write_text(text.replace("parts/", f"{server.url}/parts/"))
        done = run("wsdl", "lock", "s.wsdl", "--to", "vendor")
    assert done.code == 0, done.err
    assert files_of(nowhere / "vendor") == {"s.wsdl", "interface.wsdl", "elements.xsd", LOCK}


def test_a_changed_wsdl_is_refused_with_what_changed_and_update_takes_it(nowhere: Path) -> None:
    texts = [WSDL, WSDL, changed(RENAMED, ('"40"', '"20"'))]
    arguments = ["--to", "vendor"]
    with FaultServer([answer(200, text) for text in texts]) as server:
        url = f"{server.url}/oldcorp.wsdl"
        assert run("wsdl", "lock", url, *arguments).code == 0
        before = {name: (nowhere / "vendor" / name).read_bytes() for name in ("oldcorp.wsdl", LOCK)}
        assert run("wsdl", "lock", url, *arguments).code == 0
        refused = run("wsdl", "lock", url, *arguments)
        after = {name: (nowhere / "vendor" / name).read_bytes() for name in before}
        taken = run("wsdl", "lock", url, *arguments, "--update")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == (
        "smsbridge: the WSDL is not the one that was locked; --update accepts it:\n"
        "  SubmitShortMessage, input: request.destination was renamed to request.recipient\n"
        "  SubmitShortMessage, input: request.ref was string (maxLength 40), optional, "
        "is string (maxLength 20), optional: narrowed\n"
    )
    assert after == before
    assert taken.code == 0
    assert run("wsdl", "show", "vendor/oldcorp.wsdl").out.count("request.recipient") == 1


def test_a_file_edited_by_hand_is_refused_everywhere_until_it_is_taken(nowhere: Path) -> None:
    config = (
        '[backends.oldcorp]\nbackend = "soap"\nwsdl = "oldcorp.wsdl"\n[backends.oldcorp.send]\n'
        'operation = "SubmitShortMessage"\n'
        'fields = { "request.recipient" = "{recipient}", "request.body" = "{text}" }\n'
        'accepted = { when = { "result.code" = "0" } }\n'
    )
    (nowhere / "smsbridge.toml").write_text(config)
    assert run("wsdl", "lock", "oldcorp.wsdl").code == 0
    (nowhere / "oldcorp.wsdl").write_text(changed(RENAMED))
    said = "request.destination was renamed to request.recipient"
    for command in (
        ["wsdl", "show", "oldcorp.wsdl"],
        ["wsdl", "lock", "oldcorp.wsdl"],
        ["explain", NUMBER, TEXT],
        ["send", NUMBER, TEXT],
        ["mock", "oldcorp"],
        ["mock", "oldcorp.wsdl"],
    ):
        done = run(*command)
        assert (done.code, done.out) == (2, "")
        assert said in done.err
        assert "--update" in done.err
    assert run("wsdl", "lock", "oldcorp.wsdl", "--update").code == 0
    assert run("explain", NUMBER, TEXT).code == 0


def test_a_damaged_lock_is_refused_until_it_is_written_anew(nowhere: Path) -> None:
    (nowhere / LOCK).write_text('{"wsdl": "oldcorp.wsdl"}')
    for command in ("show", "lock"):
        done = run("wsdl", command, "oldcorp.wsdl")
        assert (done.code, done.out) == (2, "")
        assert one_line(done.err)
        assert "wsdl.lock" in done.err
        assert "is damaged: " in done.err
        assert "--update" in done.err
    assert run("wsdl", "lock", "oldcorp.wsdl", "--update").code == 0
    assert json.loads((nowhere / LOCK).read_text())["wsdl"] == "oldcorp.wsdl"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "URL|FILE"),
        (["nope.wsdl"], "can't read nope.wsdl: No such file or directory"),
        (["nope.wsdl", "--update"], "can't read nope.wsdl: No such file or directory"),
        (["oldcorp.wsdl", "--to", "/dev/null/x"], "can't write /dev/null/x/oldcorp.wsdl: Not a"),
        (["oldcorp.wsdl", "--to", "in-the-way"], "can't write in-the-way/"),
        (["alone.wsdl"], "it imports parts/interface.wsdl, which is not a file beside it"),
        ([str(CONTRACTS / "mtom.wsdl"), "--to", "x"], "requires MTOM"),
    ],
)
def test_what_can_t_be_locked_exits_2_and_leaves_no_lock(
    arguments: list[str], said: str, nowhere: Path
) -> None:
    (nowhere / "in-the-way").write_text("")
    (nowhere / "alone.wsdl").write_text((CONTRACTS / "wsdl-import.wsdl").read_text())
    done = run("wsdl", "lock", *arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "please report" not in done.err
    assert files_of(nowhere) == {"oldcorp.wsdl", "in-the-way", "alone.wsdl"}


def test_an_import_that_can_t_be_had_exits_1_and_leaves_nothing(nowhere: Path) -> None:
    def lacking(server: FaultServer, got: Got) -> bytes:
        return answer(404) if got.path.endswith(".xsd") else corpus(server, got)

    with FaultServer([lacking]) as server:
        done = run("wsdl", "lock", f"{server.url}/wsdl-import.wsdl", "--to", "vendor")
    assert (done.code, done.out) == (1, "")
    assert f"{server.url}/parts/elements.xsd: HTTP 404" in done.err
    assert not (nowhere / "vendor").exists()


# --- the group


@pytest.mark.parametrize("command", ["show", "lock"])
def test_help_of_each_command_has_an_example_on_a_line_of_its_own(command: str) -> None:
    done = run("wsdl", command, "-h")
    assert (done.code, done.err) == (0, "")
    assert f"\n    smsbridge wsdl {command} " in done.out.partition("\nOptions:\n")[0]


def test_without_a_command_both_are_listed_in_full() -> None:
    done = run("wsdl")
    assert done.code == 2
    listed = (done.out + done.err).partition("Commands:")[2]
    assert "lock  " in listed
    assert "show  " in listed
    assert "..." not in listed
