"""An unknown command is answered with the one that was probably meant."""

from __future__ import annotations

from support.commands import run
from support.each import each


@each(
    ("words", "meant"),
    [
        (["sendmany"], "'send-many'"),
        (["send_many"], "'send-many'"),
        (["sned"], "'send'"),
        (["reports"], "'report'"),
        (["webhook", "lisen"], "'listen'"),
        (["wsdl", "shwo"], "'show'"),
    ],
)
def test_an_unknown_command_names_the_nearest(words: list[str], meant: str) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert f"there is no command {words[-1]!r}; did you mean {meant}?" in done.err
