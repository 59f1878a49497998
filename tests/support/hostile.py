"""WSDLs that are large, broken or hostile: those that can be used, and those that are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from support.wsdls import (
    ADDRESS,
    RESULT,
    element,
    holding,
    restricted,
    schema,
    sequence,
    structure,
    wsdl,
)

PASSWD = "file:///etc/passwd"
SEND = holding("Send", sequence(element("to")))


def asked(*inside: str, more: str = "") -> bytes:
    """Return a WSDL whose operation Send takes an element with that in it."""
    return wsdl(schema(holding("Send", *inside), RESULT, more))


def typed(more: str, kind: str = "t:T0") -> bytes:
    return asked(sequence(element("a", kind)), more=more)


def optional(name: str, kind: str = "xs:string") -> str:
    return element(name, kind, minOccurs="0")


def pattern(said: str) -> bytes:
    return typed(restricted("xs:string", ("pattern", said), name="T0"))


def changed(old: str, new: str) -> bytes:
    document = wsdl(schema(SEND, RESULT)).decode()
    assert old in document
    return document.replace(old, new).encode()


def many(count: int, made: Callable[[int], str]) -> str:
    return "".join(map(made, range(count)))


def doubled(holder: str, reference: str, end: str) -> str:
    """Return thirty of which each holds the next one twice: a billion in all."""
    return many(30, lambda i: holder.format(i, reference.format(i + 1) * 2)) + end


def extending(name: str, base: str, *inside: str) -> str:
    return (
        f'<xs:complexType name="{name}"><xs:complexContent><xs:extension base="t:{base}">'
        f"{sequence(*inside)}</xs:extension></xs:complexContent></xs:complexType>"
    )


def documented(number: int) -> str:
    """Return a type of twenty fields, with documentation as contracts have it."""
    text = f"<xs:annotation><xs:documentation>{'x' * 1600}</xs:documentation></xs:annotation>"
    further = optional("next", f"t:T{number + 1}") if number % 5 != 4 else ""
    return structure(f"T{number}", text, sequence(many(20, lambda i: optional(f"f{i}")), further))


LARGE = asked(
    sequence(many(400, lambda i: optional(f"a{i}", f"t:T{i * 5}"))), more=many(2000, documented)
)
CHAIN = many(2000, lambda i: structure(f"T{i}", sequence(element("n", f"t:T{i + 1}"))))
FAN = many(
    14, lambda i: structure(f"T{i}", sequence(many(10, lambda j: element(f"n{j}", f"t:T{i + 1}"))))
)
GROUP = '<xs:group name="g{}">' + sequence("{}") + "</xs:group>"
ATTRIBUTES = '<xs:attributeGroup name="g{}">{}</xs:attributeGroup>'
LAST = f'<xs:group name="g30">{sequence(element("x"))}</xs:group>'
LAST_ATTRIBUTES = (
    '<xs:attributeGroup name="g30"><xs:attribute name="x" type="xs:string"/></xs:attributeGroup>'
)
LOOP = '<xs:choice maxOccurs="unbounded"><xs:sequence>{}</xs:sequence></xs:choice>'
ENTITIES = '<!ENTITY e0 "lol">' + many(9, lambda i: f'<!ENTITY e{i + 1} "{f"&e{i};" * 10}">')
EXPLODING = ("(a+)+b", "(a|a)*b", "(.*)*(.*)*(.*)*(.*)*z", "((((x{0,99}){0,99}){0,99}){0,99})")
ODD = ("x{1,100000000}", "[a-", "(", "a" * 5000, r"\p{L}*" * 9, "(a|b|ab)*(c|d|cd)*" * 8)
ABSTRACT = many(3000, lambda i: f'<operation name="S{i}"><input message="t:In"/></operation>')
BOUND = many(
    3000,
    lambda i: (
        f'<operation name="S{i}"><soap:operation/><input><soap:body use="literal"/></input>'
        "</operation>"
    ),
)
PORTS = many(
    3000,
    lambda i: f'<port name="P{i}" binding="t:Binding"><soap:address location="{ADDRESS}"/></port>',
)

BESIDE: Mapping[str, bytes] = {
    "other.wsdl": (
        b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:t">'
        b'<import namespace="urn:t" location="it.wsdl"/></definitions>'
    ),
    "circle.xsd": schema('<xs:include schemaLocation="circle.xsd"/>')
    .replace("<xs:schema", '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"')
    .encode(),
}

WORKS: Mapping[str, bytes] = {
    "two thousand types": LARGE,
    "a recursive type": typed(
        structure("T0", sequence(element("x"), optional("t", "t:T0"), optional("u", "t:T0")))
    ),
    "fourteen steps of ten that may be left out": typed(
        FAN.replace("/>", ' minOccurs="0"/>') + structure("T14", sequence(element("x")))
    ),
    "a billion times": asked(sequence(element("to", maxOccurs="1000000000"))),
    "at least a billion times": asked(
        sequence(element("to", minOccurs="1000000000", maxOccurs="unbounded"))
    ),
    "orders that repeat within each other": asked(
        '<xs:sequence minOccurs="999" maxOccurs="999">' * 6, element("to"), "</xs:sequence>" * 6
    ),
    "eighty choices within each other": asked(
        "<xs:choice>" * 80, element("to"), "</xs:choice>" * 80
    ),
    "a hundred thousand words": typed(
        restricted("xs:string", *(("enumeration", f"w{i}") for i in range(100_000)), name="T0")
    ),
    "fifty loops": asked(
        sequence(many(50, lambda i: LOOP.format(optional(f"a{i}") + optional(f"b{i}"))))
    ),
    "forty loops of the same": asked(
        sequence(LOOP.format(many(10, lambda i: optional(f"a{i}"))) * 40)
    ),
    "three thousand that may be left out": asked(sequence(many(3000, lambda i: optional(f"a{i}")))),
    "five hundred types of three hundred": typed(
        many(500, lambda i: structure(f"T{i}", sequence(many(300, lambda j: optional(f"e{j}")))))
    ),
    "ten thousand attributes": typed(
        structure("T0", many(10_000, lambda i: f'<xs:attribute name="a{i}" type="xs:string"/>'))
    ),
    "three thousand choices": asked(
        sequence(
            many(3000, lambda i: f"<xs:choice>{element(f'a{i}')}{element(f'b{i}')}</xs:choice>")
        )
    ),
    "a thousand schemas": wsdl(
        schema(SEND, RESULT), *(schema(element("a"), namespace=f"urn:x{i}") for i in range(1000))
    ),
    "two thousand patterns that explode": asked(
        sequence(many(2000, lambda i: element(f"a{i}", f"t:E{i}"))),
        more=many(
            2000,
            lambda i: restricted(
                "xs:string", ("pattern", f"{EXPLODING[-1]}{{0,{i}}}"), name=f"E{i}"
            ),
        ),
    ),
    **{f"the pattern {said[:20]}": pattern(said) for said in (*EXPLODING, *ODD)},
    "a schema that libxml2 can't read": asked(
        sequence(element("to")),
        more='<xs:element name="s" substitutionGroup="t:s" type="xs:string"/>',
    ),
    "it imports itself": changed(
        "<types>", '<import namespace="urn:t" location="it.wsdl"/><types>'
    ),
    "files that import each other": changed(
        "<types>", '<import namespace="urn:t" location="other.wsdl"/><types>'
    ),
    "a schema that includes itself": wsdl(
        schema('<xs:include schemaLocation="circle.xsd"/>', SEND, RESULT)
    ),
    "three thousand operations": changed(
        '<portType name="Type">', f'<portType name="Type">{ABSTRACT}'
    ).replace(b'<operation name="Send"><soap:', f'{BOUND}<operation name="Send"><soap:'.encode()),
    "a name of a megabyte": asked(sequence(element("n" * 1_000_000))),
}

GROWS, ITSELF, STEPS = "would grow to more than", "is made of itself", "are nested too deeply"
NO_FILE, NO_PORT, NO_WSDL = "which is not a file beside it", "it has none$", "but not a WSDL 1.1"
REFUSED: Mapping[str, tuple[bytes, str]] = {
    "a document fifty thousand deep": (
        changed(
            "<types>", f"<documentation>{'<a>' * 50_000}{'</a>' * 50_000}</documentation><types>"
        ),
        "nested deeper than 100",
    ),
    "two thousand types in a chain": (
        typed(CHAIN + structure("T2000", sequence(element("x")))),
        STEPS,
    ),
    "fourteen steps of ten": (
        typed(FAN + structure("T14", sequence(element("x")))),
        "n0 is missing$",
    ),
    "groups that double": (
        asked('<xs:group ref="t:g0"/>', more=doubled(GROUP, '<xs:group ref="t:g{}"/>', LAST)),
        GROWS,
    ),
    "groups of attributes that double": (
        typed(
            doubled(ATTRIBUTES, '<xs:attributeGroup ref="t:g{}"/>', LAST_ATTRIBUTES)
            + structure("T0", '<xs:attributeGroup ref="t:g0"/>')
        ),
        GROWS,
    ),
    "unions that double": (
        typed(
            doubled(
                '<xs:simpleType name="T{}"><xs:union memberTypes="{}"/></xs:simpleType>',
                "t:T{} ",
                restricted("xs:string", name="T30"),
            )
        ),
        GROWS,
    ),
    "a wide base of many": (
        typed(
            structure("B", sequence(many(2000, lambda i: element(f"b{i}"))))
            + many(1500, lambda i: extending(f"T{i}", "B", element("x")))
        ),
        GROWS,
    ),
    "a group of itself": (
        asked('<xs:group ref="t:g0"/>', more=GROUP.format(0, '<xs:group ref="t:g0"/>')),
        ITSELF,
    ),
    "bases in a circle": (typed(extending("T0", "T1") + extending("T1", "T0")), ITSELF),
    "a union of itself": (
        typed('<xs:simpleType name="T0"><xs:union memberTypes="t:T0"/></xs:simpleType>'),
        ITSELF,
    ),
    "a type that needs itself": (
        typed(structure("T0", sequence(element("t", "t:T0")))),
        "t is missing$",
    ),
    "digits without end": (
        asked(sequence(element("to", maxOccurs="9" * 6000))),
        "can't read the WSDL",
    ),
    "an entity bomb": (
        f"<!DOCTYPE d [{ENTITIES}]>".encode()
        + changed("<types>", "<documentation>&e9;</documentation><types>"),
        "DOCTYPE",
    ),
    "a DTD elsewhere": (f'<!DOCTYPE d SYSTEM "{PASSWD}">'.encode() + changed("t", "t"), "DOCTYPE"),
    "an entity elsewhere": (
        f'<!DOCTYPE d [<!ENTITY x SYSTEM "{PASSWD}">]>'.encode()
        + changed("<types>", "<documentation>&x;</documentation><types>"),
        "DOCTYPE",
    ),
    **{
        f"a schema at {place}": (
            wsdl(schema(f'<xs:import namespace="urn:x" schemaLocation="{place}"/>', SEND, RESULT)),
            NO_FILE,
        )
        for place in (
            PASSWD,
            "/etc/passwd",
            "../../../../etc/passwd",
            "data:,x",
            "a%00b",
            "http://h/",
        )
    },
    **{
        f"a WSDL at {place}": (
            changed("<types>", f'<import namespace="urn:x" location="{place}"/><types>'),
            NO_FILE,
        )
        for place in (PASSWD, "../it.wsdl/../../../../etc/passwd", "ftp://h/x", "jar:file:///x!/y")
    },
    "not an address": (
        changed("<types>", '<import namespace="urn:x" location="http://[::1"/><types>'),
        "can't read the WSDL",
    ),
    "a type that is nowhere": (
        typed("", "t:Missing"),
        "operation Send: a has the type t:Missing, which no schema has$",
    ),
    "an element of no name": (typed("<xs:element/>", "xs:string"), "can't read the WSDL"),
    "another transport": (changed("soap/http", "soap/jms"), "soap/jms, which is not HTTP$"),
    "no transport": (
        changed("http://schemas.xmlsoap.org/soap/http", ""),
        "is of no transport, which is not HTTP$",
    ),
    "a binding that is nowhere": (
        changed('binding="t:Binding"', 'binding="t:X"'),
        "names the binding t:X, which the WSDL doesn't have$",
    ),
    "a message that is nowhere": (
        changed('message="t:In"', 'message="t:X"'),
        "operation Send has an input of the message t:X, which the WSDL doesn't have$",
    ),
    "a prefix that is nowhere": (
        changed('element="t:Send"', 'element="q:Send"'),
        "part parameters has the element q:Send, which no schema has$",
    ),
    "three thousand ports": (
        changed("</service>", f"{PORTS}</service>"),
        "and 2989 more; set port",
    ),
    "empty definitions": (b'<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>', NO_PORT),
    "WSDL 2.0": (b'<description xmlns="http://www.w3.org/ns/wsdl"/>', NO_WSDL),
    "a page": (b"<!DOCTYPE html><html><body>Not found</body></html>", "DOCTYPE"),
    "a page in XML": (b"<html><body>Not found</body></html>", NO_WSDL),
    "JSON": (b'{"error": 404}', "not well-formed"),
    "nothing": (b"", "not well-formed"),
    "half of it": (changed("t", "t")[:700], "not well-formed"),
    "bytes": (bytes(range(256)), "encoding is not supported"),
    "eleven megabytes": (b"<definitions>" + b" " * 11_000_000, "larger than"),
}
