"""The command that records: what it needs, what it refuses, and what becomes of a real client."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge import Client
from smsbridge.config.load import from_mapping
from smsbridge.testing import check, load
from smsbridge.testing.mock.default import SAMPLE_CREDENTIALS

from support.commands import run
from support.each import each
from support.mocking import mocking
from support.recording import KNOWN, recording

TO = ("fixtures", "record", "--to", "https://sms.example", "--out", "out")


@each(
    ("options", "why"),
    [
        ((), "--record-live"),
        (("--record-live",), "give a credential"),
        (("--record-live", "--secret", "key"), "NAME=VARIABLE"),
        (("--record-live", "--secret", "key=NO_SUCH_VARIABLE"), "no NO_SUCH_VARIABLE"),
        (("--record-live", "--secret", "key=TOO_SHORT"), "can't be looked for"),
        (("--record-live", "--secret", "key=GOOD", "--to", "https://a.example/b"), "only scheme"),
        (("--record-live", "--secret", "key=GOOD", "--to", "ftp://a.example"), "--to"),
        (("--record-live", "--backend", "a", "--wsdl", "b"), "one of --backend and --wsdl"),
    ],
)
def test_it_needs_a_flag_a_credential_and_a_provider(
    options: tuple[str, ...], why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TOO_SHORT", "abc")
    monkeypatch.setenv("GOOD", "a-good-secret")
    done = run(*TO, *options)
    assert done.code == 2
    assert why in done.err
    assert "abc" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_it_is_refused_where_ci_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("GOOD", "a-good-secret")
    done = run(*TO, "--record-live", "--secret", "key=GOOD")
    assert (done.code, "CI is set" in done.err) == (2, True)


@pytest.mark.parametrize("protocol", ["rest", "soap", "oauth"])
def test_a_client_of_ours_is_recorded_by_the_table_and_passes_the_contract(
    protocol: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with mocking() as ready:
        keys = {"backend": "smsmobileapi", "protocol": protocol, **SAMPLE_CREDENTIALS}
        block = "\n".join(f'{key} = "{value}"' for key, value in keys.items())
        config = f'[backends.live]\n{block}\nurl = "{ready["address"]}"\n'
        Path("smsbridge.toml").write_text(config, encoding="utf-8")
        with recording(ready["address"], Path("out"), backend="live", secrets={}) as recorded:
            ours = from_mapping({**keys, "url": recorded.address})
            with Client(ours) as sms:
                sent = sms.send("+4915112345678", "Hello")
    (name,) = recorded.files()
    assert name == f"send-accepted-{protocol}.yaml"
    fixture = load(Path("out") / name)
    assert fixture.message is not None
    assert fixture.message.recipient == "+12025550100"
    assert fixture.expect["id"] == sent.id
    assert check(ours, fixture, protocol) == []
    text = recorded.files()[name]
    assert not any(value in text for value in (*KNOWN.values(), "15112345678"))


def test_a_file_that_would_hold_a_secret_is_refused_and_exits_as_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with mocking() as ready, recording(ready["address"], tmp_path / "out") as recorded:
        recorded.ask("POST", "/a", data={"note": "dGVzdC1rZXk="})
    assert recorded.recorder.was_refused
    assert recorded.files() == {}
    said = capsys.readouterr().err
    assert "was not written" in said
    assert "interactions[0].request.form.note: it holds api_key" in said
    assert "test-key" not in said


def test_its_help_is_there_without_a_config() -> None:
    assert "--record-live" in run("fixtures", "record", "--help").out
