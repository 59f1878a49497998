"""A type that is redefined is the new one, also for what referred to the old (XSD 1.0 §4.2.2)."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.xsd_redefine import rename_old, unfold_redefines

from support.each import each
from support.wsdls import RESULT, element, restricted, schema, sequence, structure, wsdl

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
OLD = structure("M", sequence(element("to", "N"))) + restricted(
    "xs:string", ("maxLength", "20"), name="N"
)
LONGER = structure(
    "M",
    '<xs:complexContent><xs:extension base="M">'
    + sequence(element("text"))
    + "</xs:extension></xs:complexContent>",
)
SHORTER = restricted("N", ("maxLength", "5"), name="N")
GROUP = '<xs:group name="G">' + sequence(element("to")) + "</xs:group>"
WIDER = '<xs:group name="G">' + sequence('<xs:group ref="G"/>', element("text")) + "</xs:group>"


def xsd(*inside: str) -> str:
    return schema(*inside).replace("<xs:schema", f"<xs:schema {XS}", 1)


@each(
    ("old", "new", "paths", "limits"),
    [
        (OLD, LONGER, ["to", "text"], ("maxLength 20",)),
        (OLD, SHORTER, ["to"], ("maxLength 5",)),
        (OLD, LONGER + SHORTER, ["to", "text"], ("maxLength 5",)),
    ],
)
def test_a_type_is_made_of_the_old_one_and_stands_in_its_place(
    old: str, new: str, paths: list[str], limits: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "old.xsd").write_text(xsd(old))
    redefined = f'<xs:redefine schemaLocation="old.xsd"><xs:annotation/>{new}</xs:redefine>'
    document = wsdl(schema(redefined, element("Send", "M"), RESULT))
    port = load_port(document, tmp_path)
    lines = list(port.content("Send", "input").paths())
    assert [line.path for line in lines] == paths
    assert set(limits) <= set(lines[0].type.limits)
    assert port.schema.usable


def test_a_group_refers_to_the_old_one() -> None:
    root = etree.fromstring(xsd(f'<xs:redefine schemaLocation="a.xsd">{WIDER}</xs:redefine>'))
    assert list(unfold_redefines(root)) == [("a.xsd", {("group", "G")})]
    assert etree.tostring(root).count(b'<xs:group ref="G.redefined"/>') == 1
    other = etree.fromstring(xsd(GROUP))
    rename_old(other, {("group", "G")})
    assert etree.tostring(other).count(b'name="G.redefined"') == 1
