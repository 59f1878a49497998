"""What a run wrote down decides what must not go again, whatever ended it."""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from smsbridge import (
    AuthenticationFailed,
    CallerError,
    InvalidMessage,
    Message,
    NotSent,
    OutcomeUnknown,
    Reason,
    Rejected,
    SendError,
    Submission,
)
from smsbridge.cli.bulk.journal import Batch, Journal, beside, read_unresolved, settle
from smsbridge.cli.bulk.jsonl import rewrite
from smsbridge.client.message_group import Result
from smsbridge.errors import Attempt
from smsbridge.message import fingerprint

NOW = datetime(2027, 1, 31, 9, 30, tzinfo=UTC)
ROWS = 6
BATCH = Batch(sha256="5f", rows=ROWS, backend="acme", protocol="rest")
KEYS = ["index", "reference", "recipient", "outcome", "id", "error"]


def message(index: int) -> Message:
    return Message(
        recipient=f"+120255501{index:02}", text=f"secret {index}", reference=f"r-{index}"
    )


MESSAGES = [(index, message(index)) for index in range(ROWS)]


def attempt(index: int, via: str = "") -> Attempt:
    return Attempt(backend="acme", protocol="rest", reference=f"r-{index}", started=NOW, via=via)


ENDS: dict[str, Any] = {
    "accepted": lambda i: Submission(id=f"id-{i}", attempt=attempt(i)),
    "no id": lambda i: Submission(id=None, attempt=attempt(i)),
    "not_sent": lambda i: NotSent("refused", attempt(i)),
    "rejected": lambda i: Rejected("bad", attempt(i), reason=Reason.CONTENT),
    "authentication": lambda i: AuthenticationFailed(
        "wrong key", attempt(i), reason=Reason.AUTHENTICATION
    ),
    "unknown": lambda i: OutcomeUnknown("reset", attempt(i)),
    "by a part": lambda i: OutcomeUnknown("reset", attempt(i, via="second")),
    "invalid": lambda _: InvalidMessage("text is too long"),
}


def result(index: int, how: str) -> Result:
    ended = ENDS[how](index)
    key = "submission" if isinstance(ended, Submission) else "error"
    given = message(index)
    return Result(index=0, reference=given.reference, recipient=given.recipient, **{key: ended})


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "results.jsonl"


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def outcomes(out: Path) -> dict[int, str]:
    lines = read(out)
    assert len({line["index"] for line in lines}) == len(lines)
    return {line["index"]: line["outcome"] for line in lines}


def opened(out: Path, batch: Batch = BATCH, *, resend: bool = False) -> Journal:
    return Journal(out, batch, resend=resend, now=lambda: NOW)


def run(out: Path, *hows: str, resend: bool = False) -> list[int]:
    """Do a run in which the messages that go end so in turn; return which went."""
    went: list[int] = []
    with opened(out, resend=resend) as journal:
        sending = journal.to_send(MESSAGES, 1, lambda: len(went) == len(hows))
        with closing(sending) as messages:
            for given in messages:
                index = int(given.reference[2:])
                journal.record(result(index, hows[len(went)]))
                went.append(index)
    return went


def die(out: Path, *hows: str, most: int = 3, resend: bool = False) -> list[int]:
    """Leave the files as a kill would, where some have ended and so many are in flight."""
    journal = opened(out, resend=resend)
    sending = journal.to_send(MESSAGES, most, lambda: False)
    for how in hows:
        journal.record(result(int(next(sending).reference[2:]), how))
    flying = [int(next(sending).reference[2:]) for _ in range(most)]
    kept = out.read_bytes(), beside(out).read_bytes()
    sending.close()
    journal.__exit__()
    out.write_bytes(kept[0])
    beside(out).write_bytes(kept[1])
    return flying


# --- the lines


def test_a_result_is_one_line_with_these_keys(out: Path) -> None:
    run(out, "accepted", "no id", "not_sent", "rejected", "unknown", "invalid")
    lines = read(out)
    assert [list(line) for line in lines] == [KEYS] * ROWS
    found = [(line["outcome"], line["id"], line["error"]) for line in lines]
    assert found == [
        ("accepted", "id-0", None),
        ("accepted", None, None),
        ("not_sent", None, "refused"),
        ("rejected", None, "bad"),
        ("unknown", None, "reset"),
        ("not_sent", None, "text is too long"),
    ]
    assert lines[1] | {"id": 0} == {
        "index": 1,
        "reference": "r-1",
        "recipient": "+12025550101",
        "outcome": "accepted",
        "id": 0,
        "error": None,
    }


def test_intents_have_a_header_and_what_finds_a_message_again(out: Path) -> None:
    run(out, "accepted")
    header, intent = read(beside(out))
    assert header == {
        "version": 1,
        "sha256": "5f",
        "rows": ROWS,
        "backend": "acme",
        "protocol": "rest",
    }
    assert intent == {
        "index": 0,
        "reference": "r-0",
        "recipient": "+12025550100",
        "started": "2027-01-31T09:30:00+00:00",
        "backend": "acme",
        "protocol": "rest",
        "fingerprint": fingerprint("+12025550100", "secret 0"),
    }


def test_no_text_is_written_and_nobody_else_may_read(out: Path) -> None:
    run(out, "accepted", "rejected", "unknown")
    for path in (out, beside(out)):
        assert "secret" not in path.read_text()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_intent_is_on_the_disk_before_its_message_goes(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(out) as journal:
        events: list[str] = []

        def told(name: str, real: Any, *given: Any) -> Any:
            events.append(name)
            return real(*given)

        monkeypatch.setattr(os, "write", partial(told, "write", os.write))
        monkeypatch.setattr(os, "fsync", partial(told, "fsync", os.fsync))
        sending = journal.to_send(MESSAGES, 2, lambda: False)
        events.extend(next(sending).reference for _ in range(2))
        journal.record(result(0, "accepted"))
        events.append(next(sending).reference)
        sending.close()
    expected = ["write", "fsync", "r-0", "r-1", "write", "write", "fsync", "r-2"]
    assert events[: len(expected)] == expected


def test_no_more_intents_are_open_than_may_be_in_flight(out: Path) -> None:
    assert die(out, most=3) == [0, 1, 2]
    assert [line["index"] for line in read(beside(out))[1:]] == [0, 1, 2]


def test_outcomes_reach_the_disk_now_and_then(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.5, 1.0, 1.0, 1.5, 2.5, 2.5])
    journal = Journal(out, BATCH, now=lambda: NOW, monotonic=lambda: next(clock))
    synced: list[int] = []
    with journal, closing(journal.to_send(MESSAGES, 6, lambda: False)) as sending:
        assert [next(sending).reference for _ in range(4)] == ["r-0", "r-1", "r-2", "r-3"]
        monkeypatch.setattr(os, "fsync", lambda _: synced.append(len(read(out))))
        for index in range(4):
            journal.record(result(index, "accepted"))
    assert synced == [2, 4, 4]


# --- what goes again


@pytest.mark.parametrize(
    ("how", "again", "resent"),
    [
        ("accepted", [], []),
        ("no id", [], []),
        ("rejected", [], []),
        ("unknown", [], [1]),
        ("by a part", [], [1]),
        ("not_sent", [1], [1]),
        ("invalid", [1], [1]),
        ("authentication", [1], [1]),
    ],
)
def test_an_outcome_decides_whether_a_message_goes_again(
    out: Path, how: str, again: list[int], resent: list[int]
) -> None:
    for resend, goes in ((False, again), (True, resent)):
        assert run(out, "accepted", how) == [0, 1]
        assert run(out, *["accepted"] * ROWS, resend=resend) == [*goes, 2, 3, 4, 5]
        assert sorted(outcomes(out)) == list(range(ROWS))
        assert run(out) == []
        out.unlink()
        beside(out).unlink()


def test_what_was_in_flight_is_unknown_and_stays(out: Path) -> None:
    assert die(out, "accepted", "rejected", most=3) == [2, 3, 4]
    assert run(out, *["accepted"] * ROWS) == [5]
    lines = {line["index"]: line for line in read(out)}
    assert len(lines) == len(read(out)) == ROWS
    assert lines[3] == {
        "index": 3,
        "reference": "r-3",
        "recipient": "+12025550103",
        "outcome": "unknown",
        "id": None,
        "error": "in flight when the run ended",
    }


def test_what_was_in_flight_goes_again_if_asked(out: Path) -> None:
    assert die(out, "accepted", "rejected", most=3) == [2, 3, 4]
    assert run(out, *["accepted"] * ROWS, resend=True) == [2, 3, 4, 5]
    assert sorted(outcomes(out)) == list(range(ROWS))


def test_what_was_resent_and_died_again_is_unknown_again(out: Path) -> None:
    die(out, most=2)
    assert die(out, most=2, resend=True) == [0, 1]
    with opened(out):
        assert outcomes(out) == {0: "unknown", 1: "unknown"}


def test_what_was_not_sent_and_died_is_unknown(out: Path) -> None:
    run(out, "not_sent")
    assert die(out, most=2) == [0, 1]
    with opened(out):
        assert outcomes(out) == {0: "unknown", 1: "unknown"}


def test_what_has_an_intent_and_did_not_go_is_not_in_flight(out: Path) -> None:
    with opened(out) as journal, closing(journal.to_send(MESSAGES, 4, lambda: False)) as sending:
        next(sending)
        journal.record(result(0, "accepted"))
    assert run(out, *["accepted"] * ROWS) == [1, 2, 3, 4, 5]


def test_a_stop_holds_back_what_has_not_gone(out: Path) -> None:
    stops = iter([False, False, True, True])
    with opened(out) as journal:
        went = [m.reference for m in journal.to_send(MESSAGES, 4, lambda: next(stops))]
        assert went == ["r-0"]
        journal.record(result(0, "accepted"))
    assert outcomes(out) == {0: "accepted"}
    assert run(out, *["accepted"] * ROWS) == [1, 2, 3, 4, 5]


def test_counts_are_of_all_runs(out: Path) -> None:
    run(out, "accepted", "not_sent", "unknown", "rejected")
    with opened(out) as journal:
        assert journal.counts == {"accepted": 1, "unknown": 1, "rejected": 1}


def dies(out: Path, at: int, part: int) -> bool:
    """Open the files in another process, which dies before a call, and tell whether it came so far.

    Of the bytes of a last write, the first ``part`` are written.
    """
    child = os.fork()
    if child == 0:
        left = at

        def dying(name: str) -> Any:
            real = getattr(os, name)

            def call(*given: Any, **more: Any) -> Any:
                nonlocal left
                left -= 1
                if left:
                    return real(*given, **more)
                if name == "write":
                    real(given[0], bytes(given[1])[:part])
                return os._exit(1)

            return call

        for name in ("write", "fsync", "replace", "unlink", "open", "ftruncate"):
            setattr(os, name, dying(name))
        opened(out)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


@pytest.mark.parametrize("part", [0, 7, -1])
def test_a_death_while_an_earlier_run_is_taken_up_loses_and_doubles_nothing(
    out: Path, part: int
) -> None:
    die(out, "not_sent", "accepted", "unknown", "authentication", most=1)
    before = out.read_bytes(), beside(out).read_bytes()
    at = 1
    while dies(out, at, part):
        assert run(out, *["accepted"] * ROWS) == [0, 3, 5]
        found = outcomes(out)
        assert sorted(found) == list(range(ROWS))
        assert [index for index, word in found.items() if word == "unknown"] == [2, 4]
        out.write_bytes(before[0])
        beside(out).write_bytes(before[1])
        at += 1
    assert at > 10


# --- torn, changed, in use


def torn(path: Path) -> Iterator[bytes]:
    """Yield a file with its last line cut at every place."""
    whole = path.read_bytes()
    begin = whole.rstrip(b"\n").rfind(b"\n") + 1
    for cut in range(begin, len(whole)):
        yield whole[:cut]


@pytest.mark.parametrize("how", ["accepted", "not_sent", "unknown", "rejected"])
def test_a_torn_result_is_unknown(out: Path, how: str) -> None:
    run(out, "accepted", how)
    intents = beside(out).read_bytes()
    for content in list(torn(out)):
        out.write_bytes(content)
        beside(out).write_bytes(intents)
        assert run(out, *["accepted"] * ROWS) == [2, 3, 4, 5]
        assert outcomes(out)[1] == "unknown"
        assert sorted(outcomes(out)) == list(range(ROWS))


def test_a_torn_intent_is_of_a_message_that_never_left(out: Path) -> None:
    run(out, "accepted")
    result_lines = out.read_bytes()
    die(out, most=1)
    for content in list(torn(beside(out))):
        out.write_bytes(result_lines)
        beside(out).write_bytes(content)
        assert run(out, *["accepted"] * ROWS) == [1, 2, 3, 4, 5]
        assert sorted(outcomes(out)) == list(range(ROWS))


def test_a_torn_header_is_of_a_run_that_never_began(out: Path) -> None:
    opened(out).__exit__()
    for content in list(torn(beside(out))):
        beside(out).write_bytes(content)
        assert run(out) == []
    assert run(out, *["accepted"] * ROWS) == list(range(ROWS))


@pytest.mark.parametrize(
    "other",
    [
        Batch(sha256="60", rows=ROWS, backend="acme", protocol="rest"),
        Batch(sha256="5f", rows=ROWS + 1, backend="acme", protocol="rest"),
    ],
)
def test_another_csv_is_refused_and_nothing_is_lost(out: Path, other: Batch) -> None:
    run(out, "accepted", "not_sent")
    before = out.read_bytes(), beside(out).read_bytes()
    with pytest.raises(CallerError, match="another CSV"):
        opened(out, other)
    assert (out.read_bytes(), beside(out).read_bytes()) == before
    assert run(out, "accepted") == [1]


def test_another_backend_may_go_on_and_is_named_in_its_intents(out: Path) -> None:
    run(out, "accepted")
    other = Batch(sha256="5f", rows=ROWS, backend="other", protocol="soap")
    with opened(out, other) as journal, closing(journal.to_send(MESSAGES, 1, bool)) as sending:
        assert next(sending).reference == "r-1"
        journal.record(result(1, "accepted"))
    assert [line["backend"] for line in read(beside(out))] == ["acme", "acme", "other"]


def test_two_runs_at_once_are_refused(out: Path) -> None:
    with opened(out) as journal:
        with pytest.raises(CallerError, match="in use"):
            opened(out)
        with pytest.raises(CallerError, match="in use"):
            read_unresolved(out)
        assert [m.reference for m in journal.to_send(MESSAGES[:1], 1, lambda: False)] == ["r-0"]


def test_a_file_of_somebody_else_is_refused_and_stays(out: Path) -> None:
    out.write_text("mine\n")
    with pytest.raises(CallerError, match="not the result of a run"):
        opened(out)
    assert list(out.parent.iterdir()) == [out]
    beside(out).touch()
    with pytest.raises(CallerError, match="not the result of a run"):
        opened(out)
    assert out.read_text() == "mine\n"


def test_results_that_are_gone_are_asked_for(out: Path) -> None:
    run(out, "accepted")
    out.unlink()
    with pytest.raises(CallerError, match="put it back"):
        opened(out)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("results.jsonl", {"index": 0, "outcome": "accepted"}),
        ("results.jsonl", {"index": 1, "outcome": "fine"}),
        ("results.jsonl", {"index": ROWS, "outcome": "accepted"}),
        ("results.jsonl", {"outcome": "accepted"}),
        ("results.jsonl.intents", {"index": -1}),
    ],
)
def test_lines_that_no_run_wrote_are_refused(out: Path, name: str, line: dict[str, Any]) -> None:
    run(out, "accepted")
    with out.with_name(name).open("a") as file:
        file.write(json.dumps(line) + "\n")
    with pytest.raises(CallerError, match=r"results\.jsonl"):
        opened(out)
    with pytest.raises(CallerError, match=r"results\.jsonl"):
        read_unresolved(out)


def test_files_of_another_version_are_refused(out: Path) -> None:
    run(out, "accepted")
    beside(out).write_text(beside(out).read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(CallerError, match="another version"):
        opened(out)


@pytest.mark.parametrize("broken", ["write", "fsync"])
def test_a_full_disk_lets_nothing_go(
    out: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with opened(out) as journal, monkeypatch.context() as patch:
        patch.setattr(os, broken, full)
        sending = journal.to_send(MESSAGES, 3, lambda: False)
        with pytest.raises(OSError, match="No space left") as caught:
            next(sending)
        assert caught.value.filename == str(beside(out))
        patch.undo()
    assert run(out, *["accepted"] * ROWS) == list(range(ROWS))


# --- for a later look


def test_unknowns_are_told_with_their_attempts_and_the_ids_of_the_accepted(out: Path) -> None:
    run(out, "accepted", "no id", "unknown", "by a part", "rejected")
    die(out, most=1)
    found = read_unresolved(out).unknown
    assert [line["index"] for line, _ in found] == [2, 3, 5]
    assert [line["error"] for line, _ in found] == [
        "reset",
        "reset",
        "in flight when the run ended",
    ]
    assert [attempt.reference for _, attempt in found] == ["r-2", "r-3", "r-5"]
    assert [attempt.via for _, attempt in found] == ["", "second", ""]
    assert found[0][1].started == NOW
    assert found[2][1].fingerprint == fingerprint("+12025550105", "secret 5")
    assert read_unresolved(out).ids == {"id-0"}


def test_what_was_found_at_the_provider_is_written_down(out: Path) -> None:
    die(out, "accepted", "unknown", "unknown", "not_sent", most=1)
    with out.open("a") as file:
        file.write('{"torn')
    first, _, last = (line for line, _ in read_unresolved(out).unknown)
    settle(out, [(first, "id-9"), (last, "")])
    assert sorted(outcomes(out).items()) == [
        (0, "accepted"),
        (1, "accepted"),
        (2, "unknown"),
        (3, "not_sent"),
        (4, "accepted"),
    ]
    assert read(out)[-2] == first | {"outcome": "accepted", "id": "id-9", "error": None}
    assert read(out)[-1]["id"] is None
    assert [list(line) for line in read(out)] == [KEYS] * 5
    assert read_unresolved(out).ids == {"id-0", "id-9"}
    with pytest.raises(CallerError, match="accepted already"):
        settle(out, [(first, "id-10")])
    assert run(out, *["accepted"] * ROWS) == [3, 5]


def test_many_are_settled_by_one_write_and_the_others_too_if_one_has_an_outcome(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(out, *["unknown"] * 4)
    lines = [line for line, _ in read_unresolved(out).unknown]
    settle(out, [(lines[2], "id-2")])
    writes: list[Path] = []

    def counted(path: Path, *given: Any) -> None:
        writes.append(path)
        rewrite(path, *given)

    monkeypatch.setattr("smsbridge.cli.bulk.journal.rewrite", counted)
    with pytest.raises(CallerError, match="index 2 is accepted already"):
        settle(out, [(line, f"later-{line['index']}") for line in lines[1:]])
    assert len(writes) == 1
    found = {line["index"]: line["id"] for line in read(out)}
    assert found == {0: None, 1: "later-1", 2: "id-2", 3: "later-3"}


def test_what_may_be_in_the_log_without_an_id_is_told(out: Path) -> None:
    run(out, "no id", "unknown", "unknown", "accepted")
    assert [one.reference for one in read_unresolved(out).others] == ["r-0"]
    run(out, "accepted", "unknown", resend=True)
    found = read_unresolved(out)
    assert [line["index"] for line, _ in found.unknown] == [2]
    assert sorted(one.reference for one in found.others) == ["r-0", "r-1", "r-2"]
    settle(out, [(found.unknown[0][0], "")])
    last = sorted(one.reference for one in read_unresolved(out).others)
    assert last == ["r-0", "r-1", "r-2", "r-2"], "they stay for ever"


def test_what_died_and_is_to_go_again_may_be_in_the_log(out: Path) -> None:
    die(out, "not_sent", most=2)
    opened(out, resend=True).__exit__()
    found = read_unresolved(out)
    assert found.unknown == []
    assert [one.reference for one in found.others] == ["r-1", "r-2"]


@pytest.mark.parametrize("how", ["unknown", "no id"])
def test_a_try_that_left_later_is_looked_for_at_its_own_time(out: Path, how: str) -> None:
    late = NOW + timedelta(seconds=1800)
    ended = result(0, how)
    if ended.submission:
        tried = replace(ended.submission.attempt, started=late)
        ended = replace(ended, submission=replace(ended.submission, attempt=tried))
    else:
        tried = replace(attempt(0), started=late)
        ended = replace(ended, error=OutcomeUnknown("reset", tried))
    with opened(out) as held, closing(held.to_send(MESSAGES, 1, lambda: False)) as sending:
        next(sending)
        held.record(ended)
    found = read_unresolved(out)
    assert [*(one for _, one in found.unknown), *found.others] == [tried]


def test_nothing_is_settled_while_a_run_goes_on(out: Path) -> None:
    run(out, "unknown")
    ((line, _),) = read_unresolved(out).unknown
    with opened(out), pytest.raises(CallerError, match="in use"):
        settle(out, [(line, "id-9")])


def test_unknowns_of_no_run_are_refused(out: Path) -> None:
    with pytest.raises(CallerError, match="No such file"):
        read_unresolved(out)
    beside(out).write_text("{}\n")
    out.touch()
    with pytest.raises(CallerError, match="header"):
        read_unresolved(out)


def test_a_link_to_the_results_stays_one(out: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(out)
    run(link, "not_sent")
    assert run(link, "accepted") == [0]
    assert link.is_symlink()
    assert outcomes(out) == {0: "accepted"}


def test_a_message_that_many_hold_back_is_not_read_ahead(out: Path) -> None:
    taken: list[int] = []

    def messages() -> Iterator[tuple[int, Message]]:
        for index, one in MESSAGES:
            taken.append(index)
            yield index, one

    with opened(out) as journal, closing(journal.to_send(messages(), 2, lambda: False)) as sending:
        next(sending)
        assert taken == [0, 1]


def test_what_ends_with_a_send_error_says_why_without_its_reference(out: Path) -> None:
    run(out, "unknown")
    (line,) = read(out)
    assert isinstance(ENDS["unknown"](0), SendError)
    assert line["error"] == "reset"
