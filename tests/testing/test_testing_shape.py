"""The shape of a fixture is the same in the loader and in the published schema."""

from __future__ import annotations

import json
from importlib.resources import files

from smsbridge.testing import shape
from smsbridge.testing.faults import FAULTS
from smsbridge.testing.fixture import OUTCOMES, SOURCES

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
    assert definitions["response"]["properties"]["fault"]["enum"] == list(FAULTS)
