"""The contract is kept by each file of the catalogue, as by every backend that ships."""

from __future__ import annotations

import pytest

from smsbridge.backends.catalogue import catalogue_names
from smsbridge.testing.contract.certify import certify, find_subject
from smsbridge.testing.contract.ruling import Judgement


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(catalogue_names()))
def test_a_file_of_the_catalogue_keeps_the_contract(name: str) -> None:
    rulings = list(certify(find_subject(name)))
    kept = (Judgement.PASS, Judgement.DOES_NOT_APPLY)
    assert {one.name: one.findings for one in rulings if one.judgement not in kept} == {}
    assert rulings
