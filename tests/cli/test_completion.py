"""A shell completes commands and options, by the script that smsbridge prints for it."""

from __future__ import annotations

from click.testing import CliRunner

from smsbridge.cli import main

from support.each import each


def answer(**environment: str) -> str:
    done = CliRunner().invoke(main, [], prog_name="smsbridge", env=environment)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


@each(
    ("shell", "calls"),
    [
        ("bash", "complete -o nosort -F _smsbridge_completion smsbridge"),
        ("zsh", "#compdef smsbridge"),
        ("fish", "complete --no-files --command smsbridge"),
    ],
)
def test_there_is_a_script_for_each_shell(shell: str, calls: str) -> None:
    script = answer(_SMSBRIDGE_COMPLETE=f"{shell}_source")
    assert calls in script
    assert f"_SMSBRIDGE_COMPLETE={shell}_complete" in script


@each(
    ("words", "place", "found"),
    [
        ("smsbridge sen", "1", ["send", "send-many", "sent"]),
        ("smsbridge send-many --en", "2", ["--encoding"]),
        ("smsbridge send-many --on-unknown r", "3", ["resend"]),
        ("smsbridge wsdl ", "2", ["lock", "show"]),
        ("smsbridge status --conf", "2", ["--config"]),
    ],
)
def test_commands_options_and_choices_are_completed(
    words: str, place: str, found: list[str]
) -> None:
    environment = {"_SMSBRIDGE_COMPLETE": "bash_complete", "COMP_CWORD": place}
    lines = answer(COMP_WORDS=words, **environment).splitlines()
    assert [line.partition(",")[2] for line in lines] == found
