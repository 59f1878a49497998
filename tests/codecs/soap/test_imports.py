"""What a WSDL imports: above its folder for a lock alone, and by namespace where it lies beside."""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge.codecs.soap.documents import MissingDocument
from smsbridge.codecs.soap.imports import HERE, join
from smsbridge.codecs.soap.load import load_port
from smsbridge.codecs.soap.lockfile import lock
from smsbridge.codecs.soap.model import BadWSDL
from smsbridge.codecs.soap.wsdl_files import Source, read_source

from support.each import each
from support.wsdls import RESULT, element, holding, restricted, schema, sequence, wsdl

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'
SHORT = element("to", "Short")
SEND = holding("Send", sequence(element("to")))


def xsd(inside: str, namespace: str = "urn:t") -> str:
    return schema(inside, namespace=namespace).replace("<xs:schema", f"<xs:schema {XS}", 1)


def importing(place: str, how: str = "include", namespace: str = "") -> bytes:
    space = f' namespace="{namespace}"' if namespace else ""
    return wsdl(schema(f'<xs:{how}{space} schemaLocation="{place}"/>', RESULT))


@each(
    ("place", "file"),
    [("my%20types.xsd", "my types.xsd"), ("in\\a.xsd", "in/a.xsd"), ("my%20t.xsd", "my%20t.xsd")],
)
def test_a_file_may_be_named_as_a_uri_or_as_windows_does(
    place: str, file: str, tmp_path: Path
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(xsd(SEND))
    port = load_port(importing(place), tmp_path)
    assert [line.path for line in port.content("Send", "input").paths()] == ["to"]


@each("place", ["%2e%2e/a.xsd", "..%2fa.xsd", "..\\a.xsd", "a.xsd%00", "%00"])
def test_no_spelling_leads_above_the_folder(place: str, tmp_path: Path) -> None:
    (tmp_path / "a.xsd").write_text(xsd(SEND))
    (tmp_path / "inner").mkdir()
    with pytest.raises(MissingDocument):
        load_port(importing(place), tmp_path / "inner")


def test_a_wsdl_that_is_imported_by_what_it_imports_is_one_document(tmp_path: Path) -> None:
    circle = wsdl(schema(SEND, RESULT)).replace(
        b"<types>", b'<import namespace="urn:t" location="other.wsdl"/><types>'
    )
    (tmp_path / "t.wsdl").write_bytes(circle)
    (tmp_path / "other.wsdl").write_text(
        '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" targetNamespace="urn:t">'
        '<import namespace="urn:t" location="t.wsdl"/></definitions>'
    )
    for _ in range(2):
        done = lock(read_source(tmp_path / "t.wsdl"), "t.wsdl", tmp_path / "locked")
        assert set(done.files) == {"t.wsdl", "other.wsdl"}
    assert load_port(read_source(tmp_path / "locked" / "t.wsdl")).operations


@each(
    ("base", "place", "whole"),
    [
        (HERE, "a.xsd", f"{HERE}a.xsd"),
        (HERE, "./b/../a.xsd", f"{HERE}a.xsd"),
        (HERE, "../a.xsd", f"{HERE}../a.xsd"),
        (f"{HERE}../x/b.xsd", "a.xsd", f"{HERE}../x/a.xsd"),
        (f"{HERE}../x/b.xsd", "../../a.xsd", f"{HERE}../../a.xsd"),
        (f"{HERE}x/b.xsd", "/a.xsd", f"{HERE}a.xsd"),
        (HERE, "http://sms.example/a.xsd", "http://sms.example/a.xsd"),
        (HERE, "//sms.example/a.xsd", "http://sms.example/a.xsd"),
        ("https://sms.example/x?wsdl", "../a.xsd", "https://sms.example/a.xsd"),
        ("https://sms.example/x?wsdl", "http://sms.example/a", "https://sms.example/a"),
        ("https://sms.example/x?wsdl", "http://o.example/a", "http://o.example/a"),
    ],
)
def test_the_address_of_what_is_imported_is_whole(base: str, place: str, whole: str) -> None:
    assert join(base, place) == whole


@each("place", ["../a.xsd", "../../up/a.xsd", "below/../../a.xsd"])
def test_a_lock_brings_in_what_is_above_the_folder_and_a_client_says_so(
    place: str, tmp_path: Path
) -> None:
    folder = tmp_path / "one" / "two"
    folder.mkdir(parents=True)
    (folder / "it.wsdl").write_bytes(importing(place))
    file = (folder / "below" / place).resolve() if place.startswith("below") else folder / place
    file = Path(str(folder / place).replace("below/../", "")).resolve()
    file.parent.mkdir(exist_ok=True)
    file.write_text(xsd(f'<xs:include schemaLocation="b.xsd"/>{SEND}'))
    file.with_name("b.xsd").write_text(xsd(""))
    (folder / "b.xsd").write_text("mine")
    with pytest.raises(MissingDocument) as absent:
        load_port(read_source(folder / "it.wsdl"))
    shown = place.replace("below/../", "")
    assert str(absent.value) == (
        f"it imports {shown}, which is not a file beside it; nothing above its folder is read, "
        "but smsbridge wsdl lock brings it in"
    )
    source = Source(document=importing(place), folder=folder, above=True)
    done = lock(source, "it.wsdl", folder)
    assert set(done.files) == {"it.wsdl", "a.xsd", "b-2.xsd"}
    assert (folder / "b.xsd").read_text() == "mine"
    assert load_port(read_source(done.wsdl)).request("Send", {"to": "1"})
    again = lock(read_source(done.wsdl), "it.wsdl", folder)
    assert set(again.files) == set(done.files)


def test_what_is_not_above_the_folder_either_is_said_without_a_way_that_leads_nowhere(
    tmp_path: Path,
) -> None:
    source = Source(document=importing("../a.xsd"), folder=tmp_path, above=True)
    with pytest.raises(MissingDocument, match=r"^it imports \.\./a\.xsd, which .* beside it$"):
        load_port(source)


PLACE = "http://h.example/s.svc?xsd=xsd0"


@each(("how", "namespace"), [("include", "urn:t"), ("import", "urn:o")])
def test_a_schema_that_lies_beside_under_another_name_is_found_by_its_namespace(
    how: str, namespace: str, tmp_path: Path
) -> None:
    (tmp_path / "service.xsd").write_text(xsd(element("x"), namespace=namespace))
    (tmp_path / "other.xsd").write_text(xsd(element("x"), namespace="urn:else"))
    (tmp_path / "broken.xsd").write_text("<")
    space = namespace if how == "import" else ""
    document = importing(PLACE, how, space).replace(RESULT.encode(), (RESULT + SEND).encode())
    (tmp_path / "it.wsdl").write_bytes(document)
    port = load_port(read_source(tmp_path / "it.wsdl"))
    assert set(port.documents) == {HERE, PLACE}
    assert port.request("Send", {"to": "1"})


def test_of_two_files_of_a_namespace_none_is_guessed(tmp_path: Path) -> None:
    for name in ("a.xsd", "b.xsd"):
        (tmp_path / name).write_text(xsd(element(name[0]), namespace="urn:o"))
    (tmp_path / "it.wsdl").write_bytes(importing(PLACE, "import", "urn:o"))
    with pytest.raises(MissingDocument, match=r"s\.svc"):
        load_port(read_source(tmp_path / "it.wsdl"))


@each(
    "head",
    [
        'xmlns="urn:t"',
        'xmlns=""',
        "",
        'xmlns="http://www.w3.org/2001/XMLSchema"',
    ],
)
def test_a_schema_without_a_namespace_is_of_that_which_includes_it_whatever_that_one_defaults_to(
    head: str, tmp_path: Path
) -> None:
    short = restricted("xs:string", ("maxLength", "3"), name="Short")
    for name, inside in (
        ("a.xsd", f'<xs:include schemaLocation="b.xsd"/>{holding("Send", sequence(SHORT))}'),
        ("b.xsd", short),
    ):
        text = f'<xs:schema {XS} elementFormDefault="qualified">{inside}</xs:schema>'
        (tmp_path / name).write_text(text)
    document = importing("a.xsd").decode().replace('xmlns="urn:t"', head, 1)
    (tmp_path / "it.wsdl").write_text(document)
    port = load_port(read_source(tmp_path / "it.wsdl"))
    assert port.request("Send", {"to": "1"})
    with pytest.raises(BadWSDL, match="maxLength"):
        port.request("Send", {"to": "12345"})
