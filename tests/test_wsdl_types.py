"""What the types of a WSDL say of a message is shown, proposed, sampled and held.

A WSDL of `tests/contracts/cases` for each; the section of the standard stands at its test.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from smsbridge import ConfigError, OutcomeUnknown, Submission
from smsbridge.config.load import from_mapping
from smsbridge.http.exchange import Response

from support.blocks import MESSAGE, session, talk
from support.cases import CODE, FIELDS, block, proposal, request_of, send, show, wsdl, zeep_reads
from support.commands import run
from support.each import each
from support.sending import NUMBER, TEXT
from support.wsdls import wsdl as small_wsdl


def test_07_a_declared_empty_answer_is_the_mark_of_its_service() -> None:
    """SOAP 1.1 §6.2; WS-I BP 1.1 R1124, R1126."""
    given = proposal("07-void-answer")
    assert given["send"]["accepted"] == {"when": {"#answer": "SendResponse"}}
    assert send(given)[0]


ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">{}<s:Body>{}</s:Body>'
    "</s:Envelope>"
)
EMPTY = '<SendResponse xmlns="urn:gate"/>'
FAULT = "<s:Fault><faultcode>s:Server</faultcode><faultstring>no</faultstring></s:Fault>"


@each(
    ("status", "body", "header", "ends"),
    [
        (200, EMPTY, "", Submission),
        (202, '<SendResponse xmlns="urn:gate">\n</SendResponse>', "", Submission),
        (200, '<SendResponse xmlns="urn:gate"><error>7</error></SendResponse>', "", OutcomeUnknown),
        (200, '<SendResponse xmlns="urn:gate">refused</SendResponse>', "", OutcomeUnknown),
        (200, '<SendResponse xmlns="urn:gate" code="7"/>', "", OutcomeUnknown),
        (200, '<SendResponse xmlns="urn:other"/>', "", OutcomeUnknown),
        (200, '<OtherResponse xmlns="urn:gate"/>', "", OutcomeUnknown),
        (200, EMPTY, '<s:Header><r xmlns="urn:gate">7</r></s:Header>', OutcomeUnknown),
        (200, FAULT, "", OutcomeUnknown),
        (200, "", "", OutcomeUnknown),
        (500, EMPTY, "", OutcomeUnknown),
    ],
)
def test_07_just_the_declared_answer_is_the_mark_and_nothing_else_is(
    status: int, body: str, header: str, ends: type
) -> None:
    given = block("07-void-answer", accepted={"when": {"#answer": "SendResponse"}})
    backend = from_mapping(given, name="gate", environ={})
    answer = Response(
        status=status,
        headers={"Content-Type": "text/xml; charset=utf-8"},
        body=ENVELOPE.format(header, body).encode(),
    )
    end, _ = talk(backend.send(MESSAGE, session()), answer)
    assert isinstance(end, ends)


def test_07_an_empty_wrapper_of_rpc_is_one_too(tmp_path: Path) -> None:
    parts = "".join(f'<part name="{name}" type="xs:string"/>' for name in FIELDS)
    file = tmp_path / "rpc.wsdl"
    file.write_bytes(small_wsdl(style="rpc", parts=parts, result=""))
    given = {**block("07-void-answer"), "wsdl": str(file)}
    given["send"]["accepted"] = {"when": {"#answer": "SendResponse"}}
    assert send(given)[0]
    backend = from_mapping(given, name="gate", environ={})
    for body, end_kind in (
        ('<t:SendResponse xmlns:t="urn:t"/>', Submission),
        ('<t:SendResponse xmlns:t="urn:t">no</t:SendResponse>', OutcomeUnknown),
        ('<t:SendResponse xmlns:t="urn:t"><code>7</code></t:SendResponse>', OutcomeUnknown),
    ):
        answer = Response(
            status=200,
            headers={"Content-Type": "text/xml"},
            body=ENVELOPE.format("", body).encode(),
        )
        assert isinstance(talk(backend.send(MESSAGE, session()), answer)[0], end_kind)


def test_08_a_required_element_that_may_be_empty_is_proposed_empty() -> None:
    """XSD 1.0 part 1 §3.4.4."""
    given = proposal("08-empty-required")
    given["send"]["accepted"] = CODE
    assert [one.tag for one in request_of(given)][-1] == "{urn:gate}options"
    assert send(given)[0]
    assert send(block("08-empty-required", fields=FIELDS | {"options": {}}))[0]


def test_09_attributes_on_an_empty_base_need_no_text() -> None:
    """XSD 1.0 part 1 §3.4.2: the effective content is empty."""
    assert "#text" not in show("09-attributes-on-empty-base")
    given = block("09-attributes-on-empty-base", fields=FIELDS | {"account.@id": "7"})
    assert send(given)[0]
    words = {"account": {"id": "7"}, "number": NUMBER, "text": TEXT}
    assert zeep_reads("09-attributes-on-empty-base", "Send", given, **words).account.id


def test_10_of_a_choice_one_alternative_is_sampled_and_two_are_refused() -> None:
    """XSD 1.0 part 1 §3.8.4."""
    assert "at most one: number, group" in show("10-choice")
    given = block("10-choice", accepted={"when": {"messageId": "*"}})
    assert zeep_reads("10-choice", "Send", given, number=NUMBER, text=TEXT)
    both = block("10-choice", fields=FIELDS | {"group": "staff"})
    with pytest.raises(ConfigError, match="number, group"):
        from_mapping(both, name="gate")


def test_11_an_abstract_type_names_those_that_may_stand_there() -> None:
    """XSD 1.0 part 1 §3.4.4, §2.6.1."""
    shown = show("11-abstract-type")
    assert "abstract" in shown
    assert "Phone" in shown
    fields = {"target.@xsi:type": "Phone", "target.number": "{recipient}", "text": "{text}"}
    assert send(block("11-abstract-type", fields=fields))[0]
    given = proposal("11-abstract-type")
    assert given["send"]["fields"]["target.@xsi:type"] == "Phone"
    given["send"]["accepted"] = CODE
    assert send(given)[0]


def test_14_an_array_of_numbers_is_proposed_with_a_number() -> None:
    given = proposal("14-toml-array-of-int")
    given["send"]["accepted"] = CODE
    assert send(given)[0]


def test_15_a_number_that_is_a_long_takes_the_recipient_by_its_digits() -> None:
    given = proposal("15-number-is-long")
    assert given["send"]["fields"]["phone"] == "{recipient|digits}"
    given["send"]["accepted"] = CODE
    assert send(given)[0]


def test_16_no_proposed_mark_can_mean_a_refusal() -> None:
    done = run("wsdl", "show", wsdl("16-guess-of-yes"), "--toml", "Send")
    assert done.code == 0
    assert (
        "invalidRecipient" not in done.out.split("[backends.gate.send.accepted]")[1].split("#")[0]
    )
    given = proposal("16-guess-of-yes")
    with pytest.raises(ConfigError, match="accepted"):
        from_mapping(given, name="gate")


def test_17_a_fixed_value_is_shown_sampled_and_proposed_and_a_default_is_shown() -> None:
    """XSD 1.0 part 1 §3.3.1."""
    shown = show("17-fixed")
    assert "fixed 2" in shown
    assert "default sms" in shown
    given = proposal("17-fixed")
    assert given["send"]["fields"]["version"] == "2"
    given["send"]["accepted"] = CODE
    assert send(given)[0]


def test_21_a_sample_of_a_type_that_holds_itself_ends_above_what_it_requires() -> None:
    given = block("21-recursive-answer", accepted={"when": {"part.id": "*"}})
    read = zeep_reads("21-recursive-answer", "Send", given, number=NUMBER, text=TEXT)
    assert read.id


def test_24_names_in_other_languages_are_known() -> None:
    given = proposal("24-words-of-other-languages", "Enviar")
    fields = given["send"]["fields"]
    assert (fields["celular"], fields["mensagem"]) == ("{recipient}", "{text}")
    assert fields["senha"] == "{password}"
