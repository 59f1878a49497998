"""Words that are equal by the type that the WSDL declares, and no others."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from smsbridge.codecs.soap.model import Part, XSDType
from smsbridge.codecs.soap.xsd_types import SIMPLE
from smsbridge.codecs.soap.xsd_values import has_values, respell, value_of

from support.each import each


def simple(base: str) -> XSDType:
    return XSDType(base=base)


def holding(**parts: XSDType) -> XSDType:
    return XSDType(parts=[Part(name=name, type=kind) for name, kind in parts.items()])


def read(word: str, base: str, *words: str) -> Any:
    return respell({"code": word}, holding(code=simple(base)), {"code": words})["code"]


@each(
    ("base", "mark", "equal", "other"),
    [
        ("boolean", "true", ["true", "1", " true\n"], ["false", "0", "TRUE", "yes", "", "01"]),
        ("boolean", "0", ["false", "0"], ["true", "1", "no", "00"]),
        ("int", "0", ["0", "00", "+0", "-0", "0.0", "0.", " 0 "], ["", "1", "0x0", "O", "0,0"]),
        ("int", "12", ["12", "012", "+12", "12.0"], ["-12", "120", "1 2", "1.2e1"]),
        ("decimal", "0", ["0", "0.00", ".0", "+0.0"], ["0.01", "-"]),
        ("decimal", "0.10", ["0.1", ".1", "00.1000"], ["0.11", "10"]),
        ("unsignedByte", "7", ["007"], ["70"]),
        ("negativeInteger", "-1", ["-01"], ["1"]),
        ("double", "0", ["0.0", "0e0", "-0"], ["1e-30"]),
        ("double", "INF", ["INF"], ["inf", "1e9999"]),
        ("string", "0", ["0"], ["00", "+0", "0.0", " 0"]),
        ("string", "true", ["true"], ["1", "TRUE"]),
        ("token", "1", ["1"], ["01", "true"]),
        ("hexBinary", "0", ["0"], ["00"]),
        ("gYear", "2027", ["2027"], ["02027"]),
    ],
)
def test_a_word_that_is_equal_by_its_type_is_spelt_as_the_table_has_it(
    base: str, mark: str, equal: list[str], other: list[str]
) -> None:
    assert [read(word, base, mark) for word in equal] == [mark] * len(equal)
    assert [read(word, base, mark) for word in other] == other


def test_a_word_that_the_table_has_as_it_came_stays_and_so_does_one_that_it_has_not() -> None:
    assert read("1", "boolean", "true", "1") == "1"
    assert read("00", "int", "0", "00") == "00"
    assert read("+12025550123", "long", "0") == "+12025550123"
    assert read("007", "int", "*", "/0*7/") == "007"


def test_words_are_found_in_structures_lists_attributes_and_texts_with_attributes() -> None:
    row = holding(**{"ok": simple("boolean"), "id": simple("int"), "@flag": simple("boolean")})
    count = holding(**{"@unit": simple("string"), "#text": simple("int")})
    kind = holding(rows=XSDType(item=row), row=row, count=count, free=XSDType(open=True))
    words = {
        **{f"{rows}.{name}": ["true"] for rows in ("rows", "row[0]") for name in ("ok", "@flag")},
        "count": ["0"],
        "free.x": ["0"],
    }
    one = {"ok": "1", "id": "007", "@flag": "1"}
    other = {"ok": "0", "id": "1", "@flag": "0"}
    told = {"ok": "true", "id": "007", "@flag": "true"}
    for count_of in ("00", {"@unit": "00", "#text": "00"}):
        given = {"rows": [one, other], "row": one, "count": count_of, "free": {"x": "00"}}
        found = respell(given, kind, words)
        assert found["rows"] == [told, other]
        assert found["row"] == told
        assert found["count"] == ("0" if count_of == "00" else {"@unit": "00", "#text": "0"})
        assert found["free"] == {"x": "00"}
    assert respell({"count": "00"}, kind, {"count.#text": ["0"]}) == {"count": "0"}


@given(
    st.sampled_from(sorted({*SIMPLE, "string", "token"})),
    st.text("+-0123456789.eE truefalsINF")
    | st.sampled_from(["00", "+1", "0.0", " 1", "12.0", "1e0"]),
)
def test_a_word_is_spelt_anew_only_where_both_have_the_same_value(base: str, word: str) -> None:
    marks = ["0", "1", "true", "false", "12"]
    found = read(word, base, *marks)
    if found != word:
        assert value_of(base, found) == value_of(base, word)
        assert value_of(base, word) is not None


def test_a_path_has_values_where_a_word_there_could_be_spelt_otherwise() -> None:
    flags = XSDType(item=simple("boolean"))
    row = holding(**{"ok": simple("boolean"), "@flag": simple("int"), "name": simple("string")})
    count = holding(**{"@unit": simple("string"), "#text": simple("int")})
    rows, free = XSDType(item=row), XSDType(open=True)
    kind = holding(rows=rows, row=row, count=count, free=free, flags=flags)
    valued = ["rows.ok", "rows[0].ok", "row.@flag", "count", "count.#text", "flags", "flags.item"]
    plain = ["row.name", "count.@unit", "free.x", "rows", "none"]
    assert [path for path in (*valued, *plain) if has_values(kind, [path])] == valued
