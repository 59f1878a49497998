"""The contract can't be fooled: each broken twin of Acme fails the clause that it breaks, alone."""

from __future__ import annotations

import acme_sms
import pytest

from smsbridge import Backend
from smsbridge.testing.contract.certify import certify, find_subject
from smsbridge.testing.contract.clause import clauses, judge
from smsbridge.testing.contract.ruling import Judgement, Ruling

from support.each import each
from support.twins import TWINS


def rulings(kind: type[Backend]) -> list[Ruling]:
    return list(certify(find_subject(f"{kind.__module__}:{kind.__name__}")))


@pytest.mark.full
@each(("clause", "twin"), TWINS.items())
def test_a_twin_fails_its_clause(clause: str, twin: type[Backend]) -> None:
    subject = find_subject(f"{twin.__module__}:{twin.__name__}")
    (one,) = (one for one in clauses() if one.id == clause)
    assert judge(one, subject).judgement is Judgement.FAIL


@pytest.mark.full
@each(("clause", "twin"), TWINS.items())
def test_it_keeps_every_other_clause(clause: str, twin: type[Backend]) -> None:
    broken = [one for one in rulings(twin) if not one.judgement.kept]
    assert {one.clause for one in broken} == {clause}, "\n".join(map(str, broken))
    assert {one.judgement for one in broken} == {Judgement.FAIL}


@pytest.mark.full
def test_acme_itself_keeps_all() -> None:
    broken = [one for one in rulings(acme_sms.Acme) if not one.judgement.kept]
    assert broken == [], "\n".join(map(str, broken))
