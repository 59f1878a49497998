"""A sample of a limited type: what the schema of the same type finds valid."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from lxml import etree

from smsbridge.codecs.soap.model import XSDType
from smsbridge.codecs.soap.xsd_samples import fit, keeps
from smsbridge.codecs.soap.xsd_types import TEXTUAL

from support.each import each

SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="e">
<xs:simpleType><xs:restriction base="xs:{base}">{facets}</xs:restriction></xs:simpleType>
</xs:element></xs:schema>"""
LIMITED = [
    ("string", ["maxLength 2"]),
    ("string", ["minLength 30"]),
    ("string", ["minLength 8", "maxLength 8"]),
    ("string", ["length 3"]),
    ("string", ["pattern [0-9]{8,15}"]),
    ("string", [r"pattern \+[0-9]{8,15}"]),
    ("string", [r"pattern \d{4}"]),
    ("string", ["pattern [A-Z]{2}"]),
    ("string", [r"pattern \p{Lu}{3}"]),
    ("string", [r"pattern \i\c{7}"]),
    ("string", ["pattern [A-Z]{3}", "pattern [0-9]{3}"]),
    ("string", ["pattern [A-Za-z0-9 ]+", "maxLength 3"]),
    ("string", ["pattern [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"]),
    ("string", ["pattern [^@]+@[^@]+"]),
    ("int", ["minInclusive 10"]),
    ("int", ["minInclusive 0", "maxInclusive 0"]),
    ("int", ["minExclusive 1", "maxExclusive 3"]),
    ("int", ["maxExclusive 1"]),
    ("decimal", ["fractionDigits 0"]),
    ("decimal", ["totalDigits 1"]),
    ("dateTime", ["minInclusive 2030-01-01T00:00:00Z"]),
    ("boolean", ["pattern [01]"]),
]


@each(("base", "limits"), LIMITED)
def test_a_sample_of_a_limited_type_is_valid_by_its_schema(base: str, limits: list[str]) -> None:
    named = (limit.partition(" ") for limit in limits)
    facets = "".join(f"<xs:{name} value={quoteattr(said)}/>" for name, _, said in named)
    schema = etree.XMLSchema(etree.fromstring(SCHEMA.format(base=base, facets=facets)))
    element = etree.Element("e")
    element.text = XSDType(base=base, limits=tuple(limits)).sample
    schema.assertValid(element)
    assert keeps(element.text, limits)


def test_without_limits_a_sample_is_that_of_the_built_in_type() -> None:
    assert fit(TEXTUAL, []) == "text"
    assert XSDType(base="date").sample == "2027-01-31"


@each("limit", ["pattern [a-", "pattern (cat|dog){9}", "maxLength many"])
def test_a_limit_that_is_beyond_us_leaves_the_sample_and_is_not_kept(limit: str) -> None:
    assert fit(TEXTUAL, [limit]) == "text"
    assert not keeps("text", [limit])


def test_a_limit_beyond_all_numbers_leaves_the_sample() -> None:
    plain = XSDType(base="decimal").sample
    assert XSDType(base="decimal", limits=("minExclusive 1e999999999",)).sample == plain


def test_a_pattern_is_read_as_xml_schema_has_it() -> None:
    assert fit(TEXTUAL, [r"pattern \p{Lu}{3}"]) == "AAA"
    assert fit(TEXTUAL, ["pattern [0-9]{3}", "pattern [a-z]{3}"]) == "111"
    assert keeps("-x", [r"pattern -\c"])
    assert not keeps("\0", ["pattern .*"])


@each("pattern", ["(a+)+b", "(a|a)*b", "(.*)*(.*)*(.*)*(.*)*z", "(1|11)*(1|11)*!"])
def test_a_pattern_that_explodes_is_given_up(pattern: str) -> None:
    assert fit(TEXTUAL, [f"pattern {pattern}"]) == "text"
    assert not keeps("1" * 500, [f"pattern {pattern}"])


def test_a_length_of_thousands_of_digits_is_no_length() -> None:
    assert fit(TEXTUAL, [f"minLength {'9' * 6000}"]) == "text"
    assert not keeps("text", [f"minLength {'9' * 6000}"])


def test_a_listed_word_comes_before_any_limit() -> None:
    assert XSDType(base="string", words=("low", "high"), limits=("maxLength 2",)).sample == "low"
