"""What was recorded is a file that plays, or no file at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from smsbridge import Client
from smsbridge.http.exchange import Request, Response
from smsbridge.testing import SmsbridgeMock, check, load
from smsbridge.testing.record.exchanges import RecordedExchange
from smsbridge.testing.record.recording import is_file_name
from smsbridge.testing.record.search import find_leaks

from .test_search import ENCODINGS
from support.commands import FULL
from support.each import each
from support.mocking import mocking
from support.recorded import TAKEN, answered, asked, by_table, exchange, recording_of
from support.recording import recording

GATE = Path(__file__).parents[2] / "support/gate.wsdl"
MESSAGE = {"recipients": "+12025550123", "message": "Hello"}
KEY = {"apikey": "test-key"}
SECRET = "s3cr3t/ü+Value&9"
Hide = Callable[[str], tuple[Request, Response]]
PLACES: Mapping[str, Hide] = {
    "path": lambda one: (asked(f"/v1/{one}/send"), answered()),
    "query": lambda one: (asked(f"/send?q={one}", method="GET"), answered()),
    "header": lambda one: (asked(x_own_key=one), answered()),
    "bearer": lambda one: (asked(authorization=f"Bearer {one}"), answered()),
    "basic": lambda one: (asked(authorization=f"Basic {one}"), answered()),
    "form": lambda one: (asked(form={"note": one}), answered()),
    "name of a field": lambda one: (asked(form={one: "1"}), answered()),
    "json": lambda one: (asked(document={"a": [{"b": f"x{one}y"}]}), answered()),
    "xml": lambda one: (asked(body=f"<a><b>{one}</b></a>".encode()), answered()),
    "bytes": lambda one: (asked(body=b"\xff\0" + one.encode()), answered()),
    "answer": lambda one: (asked(), answered({"echo": [one]})),
    "page": lambda one: (asked(), answered(f"<p>{one}</p>".encode(), content_type="text/html")),
    "redirect": lambda one: (asked(), answered(b"", 302, location=f"/a?b={one}")),
    "bytes of an answer": lambda one: (asked(), answered(b"\xff\0" + one.encode())),
}


@given(st.sampled_from(sorted(PLACES)), st.sampled_from(sorted(ENCODINGS)))
def test_a_secret_is_in_no_file_wherever_it_stood_and_however_it_was_encoded(
    place: str, encoding: str
) -> None:
    hidden = ENCODINGS[encoding](SECRET)
    with TemporaryDirectory() as folder:
        made = recording_of(
            Path(folder), exchange(*PLACES[place](hidden)), secrets={"password": SECRET}
        )
        files = made.cut()
        written = [one.read_text(encoding="utf-8") for one in Path(folder).rglob("*.yaml")]
    assert len(files) == 1
    assert len(written) + len(files[0].refused) >= 1
    for text in written:
        assert find_leaks(text, {}, {"password": SECRET}) == []
    assert all(SECRET not in why and hidden not in why for why in files[0].refused)


def test_a_refusal_names_the_place_and_writes_nothing(tmp_path: Path) -> None:
    odd = exchange(asked(form={"note": "dGVzdC1zM2NyM3Q="}))
    (file,) = recording_of(tmp_path, odd, secrets={"password": "test-s3cr3t"}).cut()
    assert file.refused[0] == "interactions[0].request.form.note: it holds password"
    assert list(tmp_path.iterdir()) == []


@each(
    "one",
    [
        exchange(asked("/v1/s3cr3tvalue9"), answered()),
        exchange(asked("/v1/S3CR3TVALUE9", method="GET"), answered()),
        exchange(asked(method="S3CR3TVALUE9"), answered()),
    ],
)
def test_no_file_is_named_by_a_secret(one: RecordedExchange) -> None:
    with TemporaryDirectory() as folder:
        (file,) = recording_of(Path(folder), one, secrets={"key": "s3cr3tvalue9"}).cut()
    said = f"{file.name} {file.title} {file.refused}".casefold()
    assert [word for word in ("s3cr3t", "s-3-cr-3", "value-9") if word in said] == []


def test_what_can_t_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (file,) = recording_of(tmp_path / "file" / "below", exchange(asked(), answered())).cut()
    assert file.refused == ("it can't be written: Not a directory",)


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_what_a_full_disk_does_not_take_is_kept_for_the_next_cut(tmp_path: Path) -> None:
    made = recording_of(tmp_path, exchange(asked()), exchange(asked("/other", form={"a": "1"})))
    (tmp_path / "post-sendsms.part").symlink_to(FULL)
    refused, written = made.cut()
    assert refused.refused == ("it can't be written: No space left on device",)
    assert (refused.is_kept, written.path) == (True, tmp_path / "post-other.yaml")
    (again,) = made.cut()
    assert again.path == tmp_path / "post-sendsms.yaml"
    assert made.cut() == []
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "post-other.yaml",
        "post-sendsms.yaml",
    ]


def test_a_recorded_call_plays_again(tmp_path: Path) -> None:
    with mocking() as ready, recording(ready["address"], tmp_path / "out") as recorded:
        live = recorded.ask("POST", "/sendsms/", data={**MESSAGE, **KEY}).json()
    (name,) = recorded.files()
    assert not recorded.recorder.was_refused
    with mocking(str(tmp_path / "out"), "--scenario", name.removesuffix(".yaml")) as ready:
        again = requests.post(f"{ready['address']}/sendsms/", data={**MESSAGE, **KEY}, timeout=30)
    assert again.json() == live


def test_with_a_table_it_is_a_fixture_of_the_contract(tmp_path: Path) -> None:
    kept = exchange(asked(form={**MESSAGE, **KEY}))
    (file,) = recording_of(tmp_path, kept, backend=by_table()).cut()
    assert file.path == tmp_path / "send-accepted-rest.yaml"
    fixture = load(file.path)
    assert (fixture.id, fixture.title) == (
        "smsmobileapi/send-accepted-rest",
        "send over rest ends as accepted",
    )
    origin = fixture.provenance
    assert (origin.source, origin.date, origin.verified) == ("RECORDED", "2026-11-29", "2026-11-29")
    assert fixture.expect == {"outcome": "accepted", "id": "7f"}
    assert fixture.interactions[0].request == {
        "method": "POST",
        "path": "/sendsms/",
        "form": {**MESSAGE, "apikey": "{secret:api_key}"},
    }
    assert check(by_table(), fixture, "rest") == []


def test_a_recording_plays_in_the_test_of_an_application(tmp_path: Path) -> None:
    kept = exchange(asked(form={**MESSAGE, **KEY}))
    (file,) = recording_of(tmp_path, kept, backend=by_table()).cut()
    with SmsbridgeMock() as mock, Client() as sms:
        mock.play(file.path)
        assert sms.send(MESSAGE["recipients"], MESSAGE["message"]).id == "7f"


def test_the_wire_of_another_client_is_expected_and_not_asked_of_ours(tmp_path: Path) -> None:
    kept = exchange(asked(form={**MESSAGE, **KEY, "sIdentifiant": "1"}))
    (file,) = recording_of(tmp_path, kept, backend=by_table()).cut()
    assert file.path is not None
    fixture = load(file.path)
    assert (fixture.message, fixture.expect["outcome"]) == (None, "accepted")


def test_the_same_request_has_an_interaction_for_each_of_its_answers(tmp_path: Path) -> None:
    busy, request = answered({"error": "busy"}, 503), asked(form=MESSAGE)
    kept = [exchange(request, busy), exchange(request, busy), exchange(request)]
    (file,) = recording_of(tmp_path, *kept).cut()
    assert file.path is not None
    played = [(one.id, one.times) for one in load(file.path).interactions]
    assert played == [("post-sendsms", 2), ("post-sendsms-2", None)]


def test_a_cut_gives_one_file_its_name_and_title(tmp_path: Path) -> None:
    made = recording_of(tmp_path, exchange(asked("/a")), exchange(asked("/b")))
    (file,) = made.cut("send/both", "Both are sent")
    assert file.path == tmp_path / "send/both.yaml"
    assert [one.id for one in load(file.path).interactions] == ["post-a", "post-b"]
    assert made.cut("send/none") == []


def test_no_file_is_ever_written_over(tmp_path: Path) -> None:
    (tmp_path / "post-a.yaml").write_text("mine", encoding="utf-8")
    (file,) = recording_of(tmp_path, exchange(asked("/a"))).cut()
    assert file.path == tmp_path / "post-a-2.yaml"
    assert (tmp_path / "post-a.yaml").read_text(encoding="utf-8") == "mine"


def test_what_reads_like_a_placeholder_is_not_written(tmp_path: Path) -> None:
    (file,) = recording_of(tmp_path, exchange(asked(), answered({"a": "{Secret:x}"}))).cut()
    assert "is not a placeholder" in file.refused[0]


def test_an_answer_that_the_format_holds_only_as_bytes_plays_as_bytes(tmp_path: Path) -> None:
    kept = exchange(asked(body=b"\xfe\x00"), answered(b"\xff\x00", content_type="image/png"))
    recording_of(tmp_path, kept).cut()
    with mocking(str(tmp_path)) as ready:
        again = requests.post(f"{ready['address']}/sendsms/", data=b"\xfe\x00", timeout=30)
    assert (again.content, again.headers["content-type"]) == (b"\xff\x00", "image/png")


def test_texts_are_hidden_where_that_is_asked_for(tmp_path: Path) -> None:
    kept = exchange(asked(form=MESSAGE), answered({**TAKEN, "said": "Hello"}))
    (file,) = recording_of(tmp_path, kept, hides_texts=True).cut()
    assert file.path is not None
    assert "Hello" not in file.path.read_text(encoding="utf-8")
    (one,) = load(file.path).interactions
    assert one.request is not None
    assert one.request["form"]["message"] == "{capture:text}"


@each(
    ("word", "fits"),
    [("send/accepted-2", True), ("a", True), ("../a", False), ("/a", False), ("A b", False)],
)
def test_a_name_of_a_file_stays_in_the_folder(word: str, fits: object) -> None:
    assert is_file_name(word) is fits


@each(
    "address",
    ["https://sms.example/a-s3cr3t-key/soap?wsdl", "https://sms.example/a-s3cr3t-key?wsdl"],
)
def test_a_wsdl_whose_address_holds_a_secret_is_not_written(address: str, tmp_path: Path) -> None:
    kept = exchange(asked(form={"password": "a-s3cr3t-key"}))
    made = recording_of(tmp_path, kept, secrets={"api_key": "another-key"})
    made.exchanges.keep_contract(address, GATE.read_bytes())
    assert made.cut()[0].refused[0] == "address[0]: it holds password"
    assert not [one for one in tmp_path.iterdir() if one.suffix in (".wsdl", ".lock")]


@each(
    ("address", "shown"),
    [
        ("soap?apikey=zz99-yy88-xx", "soap?apikey=hidden"),
        ("soap?9f8e7d6c5b4a39281706f5e4d3c2b1a0", "soap?hidden"),
    ],
)
def test_a_key_in_an_address_that_a_wsdl_gives_is_hidden_there(address: str, shown: str) -> None:
    given = GATE.read_bytes().replace(b"//gate.example/soap", f"//gate.example/{address}".encode())
    with TemporaryDirectory() as folder:
        made = recording_of(Path(folder), exchange(asked()), secrets={"api_key": "another-key"})
        made.exchanges.keep_contract("https://gate.example/soap?wsdl", given)
        (file,) = made.cut()
        assert not file.refused
        written = (Path(folder) / "soap.wsdl").read_text()
    assert f"//gate.example/{shown}" in written
    assert address not in written
