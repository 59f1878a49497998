"""A clause ends in one of four ways, and a contract as its worst clause."""

from __future__ import annotations

from smsbridge.testing.contract.ruling import Judgement, Ruling, overall

from support.each import each

P, F, N, S = Judgement


def ruling(judgement: Judgement, *findings: str, protocol: str = "rest") -> Ruling:
    return Ruling(
        clause="C1", title="A title", protocol=protocol, judgement=judgement, findings=findings
    )


@each(
    ("ended", "worst", "kept"),
    [
        ([], P, True),
        ([P, N], P, True),
        ([N], P, True),
        ([P, S, N], S, False),
        ([S, F, P], F, False),
    ],
)
def test_a_contract_ends_as_its_worst_clause(
    ended: list[Judgement], worst: Judgement, *, kept: bool
) -> None:
    found = overall(map(ruling, ended))
    assert found is worst
    assert found.kept is kept


def test_a_ruling_says_over_which_protocol_how_and_why() -> None:
    said = str(ruling(F, "one", "two"))
    assert said.splitlines() == ["C1 over rest, A title: fail", "  one", "  two"]
    assert ruling(P, protocol="").name == "C1"
