"""The shape of a fixture is the same in the loader and in the published schema."""

from __future__ import annotations

import json
from importlib.resources import files

import jsonschema  # type: ignore[import-untyped]  # it has no types
import pytest

from smsbridge.errors import Reason
from smsbridge.message import Status
from smsbridge.testing import shape
from smsbridge.testing.faults.table import WORDS, fault
from smsbridge.testing.fixture.do import ENDS, OUTCOMES
from smsbridge.testing.fixture.load import SOURCES

SCHEMA = json.loads(files("smsbridge.testing").joinpath("fixture.schema.json").read_text())


def test_the_schema_names_the_same_words_as_the_loader() -> None:
    top, interaction = SCHEMA["properties"], SCHEMA["$defs"]["interaction"]["properties"]
    definitions = SCHEMA["$defs"]
    assert set(top) == shape.TOP.keys()
    assert set(interaction) == shape.INTERACTION.keys()
    assert set(top["provenance"]["properties"]) == shape.PROVENANCE.keys()
    assert set(top["expect"]["properties"]) == shape.EXPECT.keys()
    assert set(definitions["request"]["properties"]) == shape.REQUEST.keys()
    assert set(definitions["call"]["properties"]) == shape.CALL.keys()
    assert set(definitions["response"]["properties"]) == shape.RESPONSE.keys()
    soap = definitions["response"]["properties"]["soap"]["properties"]
    assert set(soap) == shape.RESPONSE_SOAP.keys()
    assert set(soap["fault"]["properties"]) == shape.SOAP_FAULT.keys()
    assert top["provenance"]["properties"]["source"]["enum"] == list(SOURCES)
    assert top["expect"]["properties"]["outcome"]["enum"] == list(OUTCOMES)
    assert definitions["response"]["properties"]["fault"]["enum"] == [
        word for word in WORDS if fault(word).entry.answers
    ]


def test_the_schema_names_the_same_words_of_a_do_and_of_rows_as_the_loader() -> None:
    definitions, expect = SCHEMA["$defs"], SCHEMA["properties"]["expect"]["properties"]
    named = {"resend": "of-one", "status": "of-one"}
    for operation, kinds in shape.DO.items():
        assert set(definitions[named.get(operation, operation)]["properties"]) == kinds.keys()
    assert SCHEMA["properties"]["do"]["properties"]["operation"]["enum"] == list(shape.DO)
    for kind, kinds in shape.ROW.items():
        assert set(definitions[f"{kind}-row"]["properties"]) == kinds.keys()
    assert definitions["status"]["enum"] == list(Status)
    assert definitions["reason"]["enum"] == list(Reason)
    assert expect["status"] == {"$ref": "#/$defs/status"}
    assert expect["reason"] == {"$ref": "#/$defs/reason"}


@pytest.mark.parametrize("operation", ENDS)
def test_the_schema_lets_each_operation_end_as_the_loader_does(operation: str) -> None:
    asked: dict[str, object] = {"message": {"recipient": "+12025550123", "text": "Hello"}}
    if operation != "send":
        known = {} if operation in {"received", "sent"} else {"id": "g-1"}
        asked = {"do": {"operation": operation, **known}}
    origin = {"source": "DOC", "evidence": "a test", "date": "2026-11-23"}
    head = {"smsbridge-fixture": 1, "id": "x", "title": "x", "provenance": origin}
    whole = {**head, **asked, "interactions": []}
    validator = jsonschema.Draft202012Validator(SCHEMA)
    taken = {
        outcome
        for outcome in OUTCOMES
        if validator.is_valid({**whole, "expect": {"outcome": outcome}})
    }
    assert taken == set(ENDS[operation])
