"""XML types built by hand: strings, lists of words, nested parts."""

from __future__ import annotations

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.model import Part, XSDType

STRING = XSDType(name=f"{{{XSD}}}string", base="string")
INT = XSDType(name=f"{{{XSD}}}int", base="int")
COLOUR = XSDType(name="{urn:t}Colour", base="string", words=("red", "green"))
PRICE = XSDType(name="{urn:t}Price", base="decimal", limits=("fractionDigits 2",))
NUMBER = XSDType(
    name="{urn:t}Number",
    parts=[Part(name="@plan", type=COLOUR, required=False), Part(name="#text", type=STRING)],
)
ENTRY = XSDType(
    name="{urn:t}Entry",
    parts=[Part(name="to", type=NUMBER, repeated=True), Part(name="text", type=STRING)],
)
ENTRIES = XSDType(name="{urn:t}Entries", item=ENTRY)
STRINGS = XSDType(name="{urn:t}Strings", item=STRING)
ANYTHING = XSDType(open=True)
BODY = XSDType(
    parts=[
        Part(name="key", type=STRING),
        Part(name="entry", type=ENTRY, required=False),
        Part(name="entries", type=ENTRIES),
        Part(name="strings", type=STRINGS, required=False),
        Part(name="any", type=ANYTHING, required=False),
        Part(name="price", type=PRICE, required=False),
    ]
)
