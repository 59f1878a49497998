"""XML from outside: what is taken, what is refused, and that no error holds a word of it."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from lxml import etree

from smsbridge.codecs.soap.xml import ANSWER, REQUEST, WSDL, BadXML, Limits, decode_xml, parse_xml

from support.each import each

ALLOWED = ["utf-8", "us-ascii", "iso-8859-1", "windows-1252"]
LATIN = st.characters(min_codepoint=0x20, max_codepoint=0x17F, exclude_categories=["Cc"])
CYRILLIC = st.characters(min_codepoint=0x400, max_codepoint=0x4FF)
ARABIC = st.characters(min_codepoint=0x620, max_codepoint=0x6FF)
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
EMOJI = st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF)
MARKUP = st.sampled_from([*"<>&'\"]/!?-#;=\t\n"])
TEXT = st.text(LATIN | CYRILLIC | ARABIC | HAN | EMOJI | MARKUP, max_size=200)


def ignore(_: str) -> None:
    """Take no note."""


def text_of(
    body: bytes, content_type: str = "", note: Callable[[str], None] = ignore
) -> str | None:
    return parse_xml(body, REQUEST, content_type, note).text


def why(body: bytes, limits: Limits = REQUEST, content_type: str = "") -> str:
    with pytest.raises(BadXML) as refused:
        parse_xml(body, limits, content_type)
    return str(refused.value)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# The limits


def test_the_limits_are_those_of_the_specification() -> None:
    assert Limits(size=256 * 1024, elements=5_000, depth=40, names=300) == REQUEST
    assert Limits(size=4 * 1024 * 1024, elements=50_000, depth=40, names=300) == ANSWER
    assert WSDL.size == 10 * 1024 * 1024
    assert WSDL.names > REQUEST.names


@each("limits", [REQUEST, ANSWER])
def test_a_document_of_exactly_the_size_passes_and_one_byte_more_is_refused(limits: Limits) -> None:
    fill = "x" * (limits.size - len("<a></a>"))
    assert len(f"<a>{fill}</a>") == limits.size
    assert parse_xml(f"<a>{fill}</a>".encode(), limits).text == fill
    assert str(limits.size) in why(f"<a>{fill}x</a>".encode(), limits)


def test_exactly_5000_elements_pass_and_one_more_is_refused() -> None:
    body = "<a>" + "<b/>" * 4_999 + "</a>"
    assert len(parse_xml(body.encode(), REQUEST)) == 4_999
    assert "5000 elements" in why(body.replace("</a>", "<b/></a>").encode())


def test_a_limit_that_the_config_sets_names_its_key() -> None:
    limits = replace(ANSWER, size=1_000, elements=3)
    said = why(b"<a>" + b"x" * 1_000 + b"</a>", limits)
    assert (
        said == "the document is larger than 1000 bytes; answer_limit in the config may allow more"
    )
    said = why(b"<a><b/><b/><b/></a>", limits)
    assert said.endswith("more than 3 elements; element_limit in the config may allow more")
    assert "config" not in why(b"<a>" + b"x" * REQUEST.size + b"</a>")


def test_a_text_is_read_that_is_longer_than_libxml2_takes_by_itself() -> None:
    body = b"<a>" + b"x" * 12_000_000 + b"</a>"
    assert len(parse_xml(body, replace(ANSWER, size=2 * len(body))).text or "") == 12_000_000


def test_a_depth_of_exactly_40_passes_and_one_more_is_refused() -> None:
    assert parse_xml(b"<a>" * 40 + b"</a>" * 40, REQUEST).tag == "a"
    assert "deeper than 40" in why(b"<a>" * 41 + b"</a>" * 41)


def test_siblings_are_no_depth() -> None:
    assert len(parse_xml(b"<a>" + b"<b><c/></b>" * 100 + b"</a>", REQUEST)) == 100


def test_exactly_300_distinct_tags_pass_and_one_more_is_refused() -> None:
    tags = [f"<t{i}/>" for i in range(299)]
    assert len(parse_xml(f"<a>{''.join(tags)}</a>".encode(), REQUEST)) == 299
    assert "300 distinct names" in why(f"<a>{''.join(tags)}<canary/></a>".encode())


def test_a_name_that_repeats_counts_once() -> None:
    assert len(parse_xml(b"<a>" + b"<b c=''/>" * 1_000 + b"</a>", REQUEST)) == 1_000


def test_names_of_attributes_count_as_names() -> None:
    attributes = " ".join(f"n{i}=''" for i in range(299))
    assert len(parse_xml(f"<a {attributes}/>".encode(), REQUEST).attrib) == 299
    assert "300 distinct names" in why(f"<a {attributes} canary=''/>".encode())


def test_prefixes_that_are_declared_count_as_names() -> None:
    declared = " ".join(f"xmlns:n{i}='urn:n'" for i in range(300))
    assert "300 distinct names" in why(f"<a {declared}/>".encode())


def test_targets_of_processing_instructions_count_as_names() -> None:
    targets = "".join(f"<?t{i} x?>" for i in range(301))  # libxml2 keeps them in the thread as well
    assert "300 distinct names" in why(f"<a>{targets}</a>".encode())


def test_namespaces_count_as_names() -> None:
    elements = "".join(f"<b xmlns='urn:n{i}'/>" for i in range(301))  # libxml2 keeps these too
    assert "300 distinct names" in why(f"<a>{elements}</a>".encode())


def test_each_limit_is_its_own() -> None:
    limits = Limits(size=60, elements=3, depth=2, names=2)
    assert parse_xml(b"<a><b/><b/></a>", limits).tag == "a"
    assert "3 elements" in why(b"<a><b/><b/><b/></a>", limits)
    assert "deeper than 2" in why(b"<a><b><b/></b></a>", limits)
    assert "2 distinct names" in why(b"<a><b/><c/></a>", limits)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<a>" + b" " * 30_000 + b"</a>", id="spaces"),
        pytest.param(b"<a>" + b"\n" * 30_000 + b"</a>", id="newlines"),
        pytest.param(b" " * 30_000 + b"<a/>", id="spaces-before-the-root"),
        pytest.param(b"<a>" + b"&#xd83d;" * 30_000 + b"</a>", id="halves-of-emoji"),
        pytest.param(b"<?xml " + b" " * 30_000, id="declaration-without-end"),
        pytest.param(b"<a>" + b"<?xml" * 30_000 + b"</a>", id="many-declarations"),
    ],
)
def test_a_long_document_is_looked_at_in_linear_time(body: bytes) -> None:
    begun = time.process_time()
    with suppress(BadXML):
        parse_xml(body, REQUEST)
    assert time.process_time() - begun < 1


# Hostile documents


@each("encoding", ALLOWED)
@each(
    "doctype",
    [
        "<!DOCTYPE a>",
        '<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd">',
        '<!DOCTYPE a PUBLIC "-//A//B" "http://192.0.2.1/a.dtd">',
        '<!DOCTYPE a [<!ENTITY b "c">]>',
        '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://192.0.2.1/b"> %b;]>',
    ],
)
def test_a_doctype_is_refused_in_each_allowed_encoding(encoding: str, doctype: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?>{doctype}<a>canary</a>'
    assert "DOCTYPE" in why(document.encode(encoding))
    assert "DOCTYPE" in why(document.encode(encoding), content_type=f"text/xml; charset={encoding}")


def test_a_doctype_is_refused_after_a_comment_and_a_byte_order_mark() -> None:
    assert "DOCTYPE" in why(b"\xef\xbb\xbf<!-- canary -->\n<?canary?><!DOCTYPE a><a/>")


@each("encoding", ["utf-16", "utf-16le", "utf-16be", "iso-8859-2", "gbk"])
def test_a_doctype_is_refused_in_every_other_encoding(encoding: str) -> None:
    document = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE a><a>canary</a>'
    said = why(document.encode(encoding))
    assert "DOCTYPE" in said
    assert "canary" not in said


@each("encoding", ["utf-32", "utf-32-le", "utf-32-be"])
@each("doctype", ["", "<!DOCTYPE a>"])
@each("label", ["", ' encoding="{}"', ' encoding="utf-8"'])
def test_utf_32_is_refused_with_and_without_a_label(
    encoding: str, doctype: str, label: str
) -> None:
    document = f'<?xml version="1.0"{label.format(encoding)}?>{doctype}<a>canary</a>'
    assert "canary" not in why(document.encode(encoding))


@each("doctype", ["", "<!DOCTYPE a>"])
def test_utf_7_is_refused(doctype: str) -> None:
    body = f'<?xml version="1.0" encoding="utf-7"?>{doctype}<a>canary é</a>'
    assert "encoding is not supported" in why(body.replace("é", "+AOk-").encode())
    assert why(f'<?xml version="1.0" encoding="utf-7"?>{doctype}<a/>'.encode("utf-7"))


def test_utf_7_without_a_label_is_plain_text() -> None:
    assert text_of(b"<a>+ADwAIQ-DOCTYPE a+AD4-</a>") == "+ADwAIQ-DOCTYPE a+AD4-"
    assert why(b"+ADwAIQ-DOCTYPE a+AD4-<a/>")


@each("label", ["utf-7", "utf-32", "iso-2022-jp", "ucs-2", "ebcdic-cp-us", "x"])
def test_a_label_that_is_not_allowed_is_refused_even_on_plain_text(label: str) -> None:
    body = f'<?xml version="1.0" encoding="{label}"?><a>canary</a>'.encode()
    assert "allowed are utf-8, utf-16, us-ascii, iso-8859-*, windows-125*" in why(body)
    assert "encoding is not supported" in why(b"<a/>", content_type=f"text/xml; charset={label}")


def test_a_utf_16_document_hidden_behind_an_allowed_label_is_refused() -> None:
    body = '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE a><a/>'.encode("utf-16")
    assert why(body, content_type="text/xml; charset=utf-8")
    assert why(body, content_type="text/xml; charset=iso-8859-1")


def test_a_billion_laughs_are_refused_at_once() -> None:
    levels = [f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10)]
    laughs = f'<!DOCTYPE a [<!ENTITY l0 "canary">{"".join(levels)}]><a>&l9;</a>'
    assert "DOCTYPE" in why(laughs.encode())


@pytest.mark.usefixtures("no_network")
@each("address", ["file:///etc/passwd", "http://192.0.2.1/a", "/etc/passwd"])
def test_an_external_entity_is_refused_and_not_fetched(address: str) -> None:
    body = f'<!DOCTYPE a [<!ENTITY canary SYSTEM "{address}">]><a>&canary;</a>'
    assert "DOCTYPE" in why(body.encode())


@pytest.mark.usefixtures("no_network")
def test_an_external_dtd_is_refused_and_not_fetched() -> None:
    assert "DOCTYPE" in why(b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><a id="canary"/>')


@pytest.mark.usefixtures("no_network")
def test_an_inclusion_stays_an_element() -> None:
    body = b'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="/etc/passwd"/></a>'
    assert parse_xml(body, REQUEST)[0].get("href") == "/etc/passwd"


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \r\n ", id="blank"),
        pytest.param(b"\xef\xbb\xbf", id="only-a-byte-order-mark"),
        pytest.param(b'<?xml version="1.0"?>', id="only-a-declaration"),
        pytest.param(b"canary", id="text"),
        pytest.param(b'{"canary": 1}', id="json"),
        pytest.param(b"<canary", id="half-a-tag"),
        pytest.param(b"<a><canary></a>", id="crossed-tags"),
        pytest.param(b"<a>canary", id="cut-off"),
        pytest.param(b"<a/>canary", id="text-after-the-root"),
        pytest.param(b"<a/><canary/>", id="two-roots"),
        pytest.param(b"<a/>\0canary", id="nul-after-the-root"),
        pytest.param(b"<canary\x08/>", id="control-character-in-a-tag"),
        pytest.param(b"<a canary\x08='1'/>", id="control-character-in-a-name"),
        pytest.param(b"\x08<a>canary</a>", id="control-character-before-the-root"),
        pytest.param(b"&#8;<a>canary</a>", id="reference-before-the-root"),
        pytest.param(b"<a>&#8 canary</a>", id="reference-without-end"),
        pytest.param(b"<a>&#x;canary</a>", id="reference-without-digits"),
        pytest.param(b"<a>&canary;</a>", id="unknown-entity"),
        pytest.param(b"<a>&eacute; canary</a>", id="entity-of-html"),
        pytest.param(b"<a canary='1' canary='2'/>", id="attribute-twice"),
        pytest.param(b"<a canary=1/>", id="attribute-without-quotes"),
        pytest.param(b"<canary:a/>", id="prefix-without-namespace"),
        pytest.param(b"<a>canary & co</a>", id="bare-ampersand"),
        pytest.param(b"<html><br>canary</html>", id="html"),
        pytest.param(b"<a>\xffcanary</a>", id="not-utf-8"),
        pytest.param(b"<?xml version='1.0' encoding='us-ascii'?><a>canary\xe9</a>", id="not-ascii"),
        pytest.param(
            b"<?xml version='1.0' encoding='windows-1252'?><a>canary\x81</a>", id="not-cp1252"
        ),
        pytest.param(b"<a><?xml version='1.0'?>canary</a>", id="declaration-in-the-middle"),
        pytest.param(b"<a/><?xml version='1.0'?>", id="declaration-at-the-end"),
    ],
)
def test_what_is_not_well_formed_is_refused_without_a_word_of_it(body: bytes) -> None:
    said = why(body)
    assert said
    assert "canary" not in said


def test_an_error_of_a_limit_holds_no_word_of_the_document() -> None:
    limits = Limits(size=10_000, elements=5, depth=3, names=3)
    for body in ("<canary/>" * 5, "<canary>" * 4 + "</canary>" * 4, "<canary b='' c='' d=''/>"):
        assert "canary" not in why(f"<a>{body}</a>".encode(), limits)


# What is removed, and what stays


def test_a_comment_that_splits_a_text_is_removed() -> None:
    assert text_of(b"<apikey>ab<!-- -->cd</apikey>") == "abcd"


def test_a_processing_instruction_that_splits_a_text_is_removed() -> None:
    root = parse_xml(b"<a>ab<?php echo 1 ?>cd</a>", REQUEST)
    assert root.text == "abcd"
    assert len(root) == 0


def test_no_comment_and_no_instruction_stands_among_the_children() -> None:
    root = parse_xml(b"<?x y?><!-- --><a><!-- --><b/><?x y?><c/><!-- --></a><!-- -->", REQUEST)
    assert [child.tag for child in root] == ["b", "c"]


def test_a_stylesheet_instruction_is_no_declaration() -> None:
    body = b'<?xml-stylesheet href="a.xsl" encoding="utf-16"?><a>b</a>'
    assert text_of(body) == "b"


def test_a_cdata_section_is_text() -> None:
    assert text_of(b"<a>1 <![CDATA[< 2 &amp; ]]>3</a>") == "1 < 2 &amp; 3"


def test_a_declaration_quoted_in_a_cdata_section_stays() -> None:
    quoted = '<?xml version="1.0"?>'
    assert text_of(f"<a><![CDATA[{quoted}]]></a>".encode()) == quoted
    assert text_of(f"{quoted}<a><![CDATA[{quoted}]]></a>".encode()) == quoted


def test_references_quoted_in_a_cdata_section_stay() -> None:
    assert text_of(b"<a><![CDATA[&#xd83d;&#xde00;&#8;]]></a>") == "&#xd83d;&#xde00;&#8;"


def test_the_declaration_is_dropped() -> None:
    assert decode_xml(b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<a/>') == "<a/>"


# Encodings


def test_a_byte_order_mark_is_dropped() -> None:
    assert text_of("<a>é</a>".encode("utf-8-sig")) == "é"
    assert decode_xml(b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><a/>') == "<a/>"


@each(
    ("label", "codec", "text"),
    [
        ("utf-8", "utf-8", "é 😀 д"),
        ("UTF-8", "utf-8", "é 😀 д"),
        ("us-ascii", "ascii", "plain"),
        ("iso-8859-1", "latin-1", "é ¤ ÿ"),
        ("ISO-8859-1", "latin-1", "é ¤ ÿ"),
        ("windows-1252", "cp1252", "é € “ ”"),
        ("iso-8859-2", "iso8859-2", "zażółć"),
        ("ISO-8859-15", "iso8859-15", "é €"),
        ("windows-1250", "cp1250", "zażółć"),
        ("windows-1251", "cp1251", "Привет"),
        ("windows-1256", "cp1256", "مرحبا"),
        ("koi8-r", "koi8-r", "Привет"),
        ("GBK", "gbk", "短信"),
        ("gbk", "gbk", "写"),  # the bytes of this one are valid UTF-8 too
        ("gb2312", "gb2312", "短信"),
        ("gb18030", "gb18030", "短信 😀"),
        ("big5", "big5", "簡訊"),
        ("Shift_JIS", "shift_jis", "ソフト"),
        ("euc-kr", "euc-kr", "문자"),
        ("utf-16", "utf-16", "é 😀 短信"),
        ("utf-16", "utf-16-le", "é 😀 短信"),
        ("utf-16", "utf-16-be", "é 😀 短信"),
        ("UTF-16LE", "utf-16-le", "é 😀 短信"),
        ("utf-16be", "utf-16-be", "é 😀 短信"),
    ],
)
def test_each_allowed_label_is_decoded(label: str, codec: str, text: str) -> None:
    notes: list[str] = []
    body = f'<?xml version="1.0" encoding="{label}"?><a>{text}</a>'.encode(codec)
    assert text_of(body, note=notes.append) == text
    bare = f"<a>{text}</a>".encode(codec)
    assert text_of(body, f"text/xml; charset={label}", notes.append) == text
    assert text_of(bare, f'text/xml; charset="{label}"', notes.append) == text
    assert text_of(bare, f"text/xml;charset={label}", notes.append) == text
    assert notes == []


def test_the_charset_of_the_content_type_beats_the_declaration() -> None:
    body = '<?xml version="1.0" encoding="iso-8859-1"?><a>€</a>'.encode("cp1252")
    assert text_of(body, "text/xml; charset=windows-1252") == "€"
    assert text_of(body) == "\x80"


def test_a_declaration_counts_where_the_bytes_dont_fit_the_content_type() -> None:
    notes: list[str] = []
    body = '<?xml version="1.0" encoding="windows-1251"?><a>Привет</a>'.encode("cp1251")
    assert text_of(body, "text/xml; charset=utf-8", notes.append) == "Привет"
    assert notes == ["CP1251 labelled as utf-8"]


def test_a_byte_order_mark_beats_both_labels() -> None:
    notes: list[str] = []
    body = '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode("utf-16")
    assert text_of(body, "text/xml; charset=utf-8", notes.append) == "é"
    assert notes == ["UTF-16LE labelled as utf-8"]


@each("label", ["utf-16", "utf-16le", "utf-8", ""])
def test_bytes_of_utf_16_without_a_mark_need_a_label_that_they_fit(label: str) -> None:
    said = f' encoding="{label}"' if label else ""
    body = f'<?xml version="1.0"{said}?><a>canary</a>'.encode("utf-16-be")
    if label == "utf-16":
        assert text_of(body) == "canary"
    else:
        assert "canary" not in why(body)


def test_text_has_no_encoding_whatever_its_declaration_says() -> None:
    body = '<?xml version="1.0" encoding="utf-16"?><a>é 写 д</a>'
    for label in ("utf-16", "gbk", "utf-7"):
        assert parse_xml(body.replace("utf-16", label), REQUEST).text == "é 写 д"


@each(
    "label",
    ["iso-8859-1", "windows-1252", "us-ascii", "iso-8859-2", "windows-1251", "gbk", "utf-16"],
)
def test_utf_8_with_another_label_is_read_as_utf_8_and_noted(label: str) -> None:
    notes: list[str] = []
    body = f'<?xml version="1.0" encoding="{label}"?><a>hé 😀</a>'.encode()
    assert text_of(body, note=notes.append) == "hé 😀"
    assert text_of(body, f"text/xml; charset={label}") == "hé 😀"
    assert notes == [f"UTF-8 labelled as {label}"]


@each("label", ["iso-8859-1", "windows-1252", "us-ascii", "utf-8"])
def test_plain_ascii_needs_no_leniency_whatever_its_label(label: str) -> None:
    notes: list[str] = []
    assert text_of(b"<a>Hello</a>", f"text/xml; charset={label}", notes.append) == "Hello"
    assert notes == []


# Emoji as two references


@each(
    "pair",
    [
        "&#xd83d;&#xde00;",
        "&#xD83D;&#xDE00;",
        "&#55357;&#56832;",
        "&#xd83d;&#56832;",
        "&#55357;&#xde00;",
    ],
)
def test_two_surrogate_references_are_one_emoji_and_noted(pair: str) -> None:
    notes: list[str] = []
    assert text_of(f"<a b='{pair}'>1{pair}2{pair}</a>".encode(), note=notes.append) == "1😀2😀"
    assert notes == ["an emoji as two surrogate references"]
    assert parse_xml(f"<a b='{pair}'/>".encode(), REQUEST).get("b") == "😀"


@each(
    ("given", "read"),
    [
        ("&#xd83d;", "�"),
        ("&#xde00;", "�"),
        ("&#55357;", "�"),
        ("&#56832;", "�"),
        ("&#xde00;&#xd83d;", "��"),
        ("&#xd83d;&#xd83d;&#xde00;", "�😀"),
        ("&#xd83d; &#xde00;", "� �"),
        ("&#xd83d;&#xde00;&#xde00;", "😀�"),
        ("&#x1B;", "�"),
        ("&#27;", "�"),
        ("&#0;", "�"),
        ("&#x0000000000000000001b;", "�"),
        ("&#xfffe;", "�"),
        ("&#x110000;", "�"),
        (f"&#{'9' * 5_000};", "�"),
        ("\x1b", "�"),
        ("\0", "�"),
        ("\uffff", "�"),
        ("<![CDATA[\x1b]]>", "�"),
    ],
)
def test_what_xml_forbids_spoils_one_character_and_is_noted(given: str, read: str) -> None:
    notes: list[str] = []
    assert text_of(f"<a>1{given}2</a>".encode(), note=notes.append) == f"1{read}2"
    assert notes[-1] == "a character that XML forbids"


def test_what_xml_forbids_spoils_an_attribute_as_a_text() -> None:
    assert parse_xml(b"<a b='1&#x1B;2\x1b3'/>", REQUEST).get("b") == "1�2�3"


@each("allowed", ["&#9;", "&#x0000A;", "&#127;", "&#x85;", "&#xfffd;", "&#38;"])
def test_what_xml_allows_by_a_reference_is_left_alone(allowed: str) -> None:
    notes: list[str] = []
    assert len(text_of(f"<a>{allowed}</a>".encode(), note=notes.append) or "") == 1
    assert notes == []


@each("text", ["é", "😀", "한글", "\ue000"])
def test_other_references_are_read_and_need_no_leniency(text: str) -> None:
    notes: list[str] = []
    decimal = "".join(f"&#{ord(c)};" for c in text)
    hexadecimal = "".join(f"&#x{ord(c):X};" for c in text)
    assert text_of(f"<a>{decimal}{hexadecimal}</a>".encode(), note=notes.append) == text * 2
    assert notes == []


# Every text arrives


@given(TEXT)
def test_any_text_arrives_unchanged(text: str) -> None:
    assert (text_of(f"<a>{escaped(text)}</a>".encode()) or "") == text


@given(TEXT)
def test_any_text_arrives_unchanged_by_references_in_ascii(text: str) -> None:
    body = f"<a>{escaped(text)}</a>".encode("ascii", "xmlcharrefreplace")
    assert (text_of(body, "text/xml; charset=us-ascii") or "") == text


@given(TEXT, st.sampled_from(["&#{};", "&#x{:x};", "&#x{:X};"]))
def test_any_text_arrives_unchanged_with_emoji_as_surrogates(text: str, reference: str) -> None:
    def halves(character: str) -> str:
        if ord(character) < 0x10000:
            return escaped(character)
        wide = character.encode("utf-16-be")
        parts = (int.from_bytes(wide[:2]), int.from_bytes(wide[2:]))
        return "".join(reference.format(part) for part in parts)

    assert (text_of(f"<a>{''.join(map(halves, text))}</a>".encode()) or "") == text


@given(st.text(LATIN.filter(lambda c: ord(c) < 0x100) | MARKUP, max_size=100))
def test_any_latin_1_text_arrives_unless_it_is_valid_utf_8(text: str) -> None:
    body = f"<a>{escaped(text)}</a>".encode("latin-1")
    assume(text.isascii() or not _is_utf8(body))
    assert (text_of(body, "text/xml; charset=iso-8859-1") or "") == text


@given(st.binary(max_size=300) | st.text("<>/ab!?[]-&#;x'\"= \0", max_size=100).map(str.encode))
def test_any_bytes_are_a_document_or_refused(body: bytes) -> None:
    try:
        root = parse_xml(body, REQUEST)
    except BadXML:
        return
    assert etree.tostring(root)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


PIECES = st.sampled_from(
    [
        *("<a>", "</a>", "<a/>", "<b c='d'>", "</b>", '<é f="g"/>', '<a é="h"/>', "<a b='>é'/>"),
        *("<a xmlns:p='u'>", "<p:q/>", "<xml:a/>", "<a xml:id='1'/>", "<a xmlns='u u'/>", "<:a/>"),
        *(
            "<a b='c' b='d'/>",
            "<a b='c'd='e'/>",
            "<a b/>",
            "<a b='<'/>",
            "<a:/>",
            "<_-.1/>",
            "<\U0001d4b3/>",
        ),
        *("&amp;", "&x;", "&#0;", "&#xd83d;&#xde00;", "]]>", ">", "<", "=", "é", "\x01", "\ufffe"),
        *("&", "\r\n", "\x7f", "\x85", "<a\u2028/>", "<a b='&é;'/>", "&é;", "<a\ufb00/>", "<a·/>"),
    ]
)


def read_as(document: str) -> bytes | str:
    try:
        return etree.tostring(parse_xml(document, REQUEST))
    except BadXML as error:
        return str(error)


@given(st.lists(PIECES, max_size=8), st.sampled_from(["", "r"]))
def test_a_small_document_is_read_as_one_that_is_looked_at_first(
    pieces: list[str], root: str
) -> None:
    said = "".join(pieces)
    document = f"<{root}>{said}</{root}>" if root else said
    assert read_as(document) == read_as(f"{document}<!-- -->")
