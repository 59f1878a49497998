"""The simple types of XML Schema, held to libxml2. Where it errs is a test of its own below."""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from smsbridge.codecs.soap.envelope import XSD
from smsbridge.codecs.soap.xsd_types import SIMPLE, TEXTUAL, Simple

from support.each import each

NUMBERS = (
    *("", "0", "1", "-1", "+1", "-0", "+0", "007", "--1", "+", "-", ".", "1,5", "1 5", "5 5"),
    *("1.5", "-1.5", "+1.5", ".5", "-.5", "5.", "1.5.5", "1_0", "0x1", "abc", "٣", "٣.٣"),
    *(
        " 5 ",
        "\n5\t",
        "\xa05",
        "5\u2003",
        "1" * 25,
        "-" + "1" * 31,
        "0" * 40 + "1",
        "1." + "1" * 30,
    ),
)
REALS = (
    *("1e5", "1E5", "1e+5", "1e-5", "-1.5e5", "1.e5", ".5e5", "e5", "1e1.5", "1e99999", "1e 5"),
    *("INF", "-INF", "+INF", "NaN", "-NaN", "inf", "nan", "Infinity"),
)
LIMITS = [
    str(edge + step)
    for bits in (7, 8, 15, 16, 31, 32, 63, 64)
    for edge in (2**bits, -(2**bits))
    for step in (-2, -1, 0, 1)
]
DATES = (
    *("2027-01-31", "2027-02-28", "2027-02-29", "2028-02-29", "1900-02-29", "2000-02-29"),
    *("2027-02-30", "2027-04-30", "2027-04-31", "2027-12-31", "2027-13-01", "2027-00-01"),
    *("2027-01-00", "2027-01-32", "2027-1-1", "027-01-01", "20270131", "2027-01", "+2027-01-01"),
    *("0000-01-01", "0001-01-01", "-0001-01-01", "12027-01-01", "02027-01-01", "00000-01-01"),
    *("12028-02-29", "12100-02-29", "12400-02-29"),
)
ZONES = (
    "",
    "Z",
    "+14:00",
    "-14:00",
    "+14:01",
    "-14:30",
    "+15:00",
    "+13:59",
    "+13:60",
    "z",
    "+1:00",
    "+0100",
    "+00:00",
    " Z",
    "٣",
)
TIMES = (
    *("09:00:00", "00:00:00", "23:59:59", "24:00:00", "24:00:00.0", "24:00:00.1", "24:00:01"),
    *("24:01:00", "25:00:00", "23:60:00", "23:59:60", "9:00:00", "09:00", "090000", "-09:00:00"),
    *("09:00:00.5", "09:00:00.", "09:00:00.123456789012"),
)
SAMPLES: dict[str, tuple[str, ...]] = {
    "boolean": (
        "true",
        "false",
        "1",
        "0",
        "TRUE",
        "True",
        "yes",
        "",
        "2",
        "01",
        " true ",
        "\ntrue",
        "true\xa0",
        "true false",
    ),
    "decimal": (*NUMBERS, *REALS),
    "float": (*NUMBERS, *REALS),
    "double": (*NUMBERS, *REALS),
    "dateTime": (
        *(f"{date}T09:00:00" for date in DATES),
        *(f"2027-01-31T{time}" for time in TIMES),
        *(f"2027-01-31T09:00:00{zone}" for zone in ZONES),
        *("2027-01-31", "2027-01-31T", "T09:00:00", "2027-01-31 09:00:00", "2027-01-31t09:00:00"),
        *("", "soon", "1893456000"),
    ),
    "date": (*DATES, *(f"2027-01-31{zone}" for zone in ZONES), "", "2027-01-31T00:00:00"),
    "time": (*TIMES, *(f"09:00:00{zone}" for zone in ZONES), ""),
    "duration": (
        *("PT1H", "P1D", "P1Y2M3DT4H5M6S", "P1Y2M3DT4H5M6.7S", "-P1D", "+P1D", "P-1D", "P0D"),
        *("P", "PT", "P1", "1D", "P1S", "PT1D", "P1H", "P1M", "PT1M", "P1DT", "P1YT", "PT1"),
        *("PT.5S", "PT1.S", "PT0.5S", "PT1.5H", "PT1S1H", "P1M1Y", "P1W", "PTS", "PT1H30"),
        *("PT1.5.5S", "p1d", "P 1D", "", "P999999999D", "PT٣S"),
    ),
    "base64Binary": (
        *("", "aGVsbG8=", "aGVsbG8", "aGVs", "aGVsbA==", "aGVsbA=", "aGVsbA===", "====", "="),
        *("a", "ab", "abc", "abcd", "ab==", "abc=", "ab=c", "a===", "abcde", "aGVs=aGVs"),
        *("aGVsbB==", "aGVsbG9=", "aGV sbG8=", "aGVs\nbG8=", "aGVsbG8 =", "aGVsbA= =", " aGVs "),
        *("aG_s", "aG-s", "äGVs", "+/+/"),
    ),
    "hexBinary": ("", "68", "6", "6C6c", "6C6", "GG", "68 6C", " 68 ", "0x68", "٣٣"),
    "QName": (
        "name",
        "",
        "a b",
        ":a",
        "a:",
        "a:b:c",
        "1a",
        "-a",
        "_a",
        "a.b",
        "a-b",
        "é",
        "a@b",
        " name ",
    ),
    "gYear": (
        "2027",
        "27",
        "02027",
        "12027",
        "0000",
        "-0001",
        "+2027",
        "2027-01",
        "",
        "20 27",
        *(f"2027{zone}" for zone in ZONES),
    ),
    "gYearMonth": (
        "2027-01",
        "2027-12",
        "2027-13",
        "2027-00",
        "2027-1",
        "27-01",
        "0000-01",
        "-0001-01",
        "02027-01",
        "2027-01-01",
        *(f"2027-01{zone}" for zone in ZONES),
    ),
    "gMonth": (
        "--01",
        "--12",
        "--13",
        "--00",
        "--1",
        "01",
        "--01--",
        "",
        *(f"--01{zone}" for zone in ZONES),
    ),
    "gMonthDay": (
        "--01-31",
        "--02-28",
        "--02-29",
        "--02-30",
        "--04-31",
        "--12-31",
        "--13-01",
        "--01-32",
        "--01-00",
        "--00-01",
        "--1-1",
        "01-31",
        *(f"--01-31{zone}" for zone in ZONES),
    ),
    "gDay": (
        "---01",
        "---31",
        "---32",
        "---00",
        "---1",
        "--31",
        "31",
        *(f"---31{zone}" for zone in ZONES),
    ),
}
WHOLE = [
    *("integer", "long", "int", "short", "byte", "nonNegativeInteger", "positiveInteger"),
    *("nonPositiveInteger", "negativeInteger", "unsignedLong", "unsignedInt", "unsignedShort"),
    "unsignedByte",
]
SAMPLES |= dict.fromkeys(WHOLE, (*NUMBERS, *REALS, *LIMITS))


@cache
def schema(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(
        etree.fromstring(
            f'<s:schema xmlns:s="{XSD}"><s:element name="a" type="s:{name}"/></s:schema>'
        )
    )


def libxml2_takes(name: str, text: str) -> bool:
    element = etree.Element("a", nsmap={"p": "urn:p"})
    element.text = text
    return schema(name).validate(element)


def test_every_type_has_samples_here_but_the_one_that_takes_nearly_anything() -> None:
    assert {*SIMPLE} == {*SAMPLES, "anyURI"}


@each("name", SAMPLES)
def test_a_type_takes_what_libxml2_takes_and_nothing_else(name: str) -> None:
    ours = {text: SIMPLE[name].takes(text) for text in SAMPLES[name]}
    assert ours == {text: libxml2_takes(name, text) for text in SAMPLES[name]}
    assert set(ours.values()) == {True, False}


@each("name", SIMPLE)
def test_the_sample_of_a_type_is_a_value_of_it(name: str) -> None:
    sample = SIMPLE[name].sample
    assert SIMPLE[name].takes(sample)
    assert libxml2_takes(name, sample)


@each("name", ["string", "normalizedString", "token", "anySimpleType", "NMTOKEN"])
def test_the_sample_of_a_text_is_one(name: str) -> None:
    assert name not in SIMPLE
    assert TEXTUAL.takes("any \n text")
    assert libxml2_takes(name, TEXTUAL.sample)


DAYS = st.from_regex(r"\A-?[0-9]{4,5}-[01][0-9]-[0-3][0-9]\Z")
CLOCKS = st.from_regex(r"\A[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{0,3})?\Z")
OFFSETS = st.from_regex(r"\A(Z|[+-][01][0-9]:[0-6][0-9])?\Z")
LOOSE = {
    "dateTime": st.builds("{}T{}{}".format, DAYS, CLOCKS, OFFSETS),
    "date": st.builds("{}{}".format, DAYS, OFFSETS),
    "time": st.builds("{}{}".format, CLOCKS, OFFSETS),
    "duration": st.from_regex(r"\A-?P([0-9]{1,2}[YMD]){0,3}(T([0-9]{1,2}[HMS.]){0,4})?\Z"),
    "base64Binary": st.from_regex(r"\A([A-Za-z0-9+/]{1,3} ?){0,4}={0,3}\Z"),
    "hexBinary": st.from_regex(r"\A[0-9a-gA-G]{0,8}\Z"),
    "decimal": st.from_regex(r"\A[+-]?[0-9]{0,30}\.?[0-9]{0,30}\Z"),
    "gYearMonth": st.from_regex(r"\A-?[0-9]{4,5}-[01][0-9]\Z"),
    "gMonthDay": st.from_regex(r"\A--[01][0-9]-[0-3][0-9]\Z"),
    "gDay": st.from_regex(r"\A---[0-3][0-9]\Z"),
    **dict.fromkeys(WHOLE, st.integers().map(str)),
}


@pytest.mark.parametrize("name", LOOSE)
@given(st.data())
def test_what_looks_like_a_value_is_one_where_libxml2_says_so(
    name: str, data: st.DataObject
) -> None:
    text = data.draw(LOOSE[name])
    assert SIMPLE[name].takes(text) == libxml2_takes(name, text)


@pytest.mark.parametrize("name", SIMPLE)
@given(st.text())
def test_any_text_is_a_value_or_none_and_never_an_error(name: str, text: str) -> None:
    assert SIMPLE[name].takes(text) in (True, False)


def test_a_number_of_too_many_digits_is_none_and_takes_no_time() -> None:
    assert SIMPLE["integer"].takes("1" * 4_000)
    assert not SIMPLE["integer"].takes("1" * 5_000)
    assert not SIMPLE["int"].takes("1" * 1_000_000)


@each("text", ["https://www.example/", "", "a b", "urn:x", "tel:+1", "é", "%zz", "://"])
def test_nearly_anything_is_an_anyuri(text: str) -> None:
    """XML Schema Part 2, §3.2.17, names no lexical form; libxml2 asks for more."""
    assert SIMPLE["anyURI"].takes(text)


def test_a_type_has_its_least_and_its_most() -> None:
    two = Simple("1", "[0-9]+", 1, 2)
    assert [two.takes(text) for text in ("0", "1", "2", "3", "x")] == [
        False,
        True,
        True,
        False,
        False,
    ]


# Where libxml2 errs


@each(
    ("name", "text"),
    [*product(["float", "double"], ["1e", "1.5E", "1e+"])],
)
def test_libxml2_takes_an_exponent_of_no_digits(name: str, text: str) -> None:
    """§3.2.4.1: the exponent must be an integer."""
    assert libxml2_takes(name, text)
    assert not SIMPLE[name].takes(text)


@each("name", ["dateTime", "date", "time", "duration", "gYear", "gYearMonth", "gMonthDay", "gDay"])
def test_libxml2_takes_no_space_around_a_time(name: str) -> None:
    """§4.3.6: whiteSpace is collapse for all that is no string."""
    assert not libxml2_takes(name, f" {SIMPLE[name].sample} ")
    assert SIMPLE[name].takes(f" {SIMPLE[name].sample} ")


@each("text", ["aGVs\xa0", "aG!Vs", "a.GVsbG8="])
def test_libxml2_skips_what_is_no_character_of_base64(text: str) -> None:
    """§3.2.16: the lexical forms are those of its grammar, with spaces between."""
    assert libxml2_takes("base64Binary", text)
    assert not SIMPLE["base64Binary"].takes(text)


def test_libxml2_knows_which_prefixes_are_declared() -> None:
    """A type alone can't: any prefix will do."""
    assert [libxml2_takes("QName", text) for text in ("p:a", "q:a")] == [True, False]
    assert [SIMPLE["QName"].takes(text) for text in ("p:a", "q:a")] == [True, True]
