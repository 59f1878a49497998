"""What shows in a credential that can't be right; none of its value is told."""

from __future__ import annotations

from pathlib import Path

import trustme

from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.cli.doctor.credentials import check_credentials, find_flaw

from support.each import each

SECRET = "canary-5f1c/+"
LINES = "has more than one line"
AROUND = "has spaces or a line break around it"
QUOTES = "has quotes around it"
VARIABLE = "looks like a variable that was not filled in"
PLACEHOLDER = "is a placeholder"


@each(
    ("value", "said"),
    [
        (f"{SECRET}\n{SECRET}", LINES),
        (f"{SECRET}\r\n\r\nsecond\n", LINES),
        (f"\n{SECRET}\nsecond", LINES),
        (f"{SECRET}\n", AROUND),
        (f"{SECRET}\r\n", AROUND),
        (f"\n{SECRET}", AROUND),
        (f" {SECRET}", AROUND),
        (f"\N{NO-BREAK SPACE}{SECRET}", AROUND),
        (f"'{SECRET}'", QUOTES),
        (f'"{SECRET}"', QUOTES),
        (f"`{SECRET}`", QUOTES),
        (f"\N{LEFT DOUBLE QUOTATION MARK}{SECRET}\N{RIGHT DOUBLE QUOTATION MARK}", QUOTES),
        ('"${SMS_KEY}"', QUOTES),
        ("${SMS_KEY}", VARIABLE),
        ("${sms.key:-none}", VARIABLE),
        ("$${SMS_KEY}", VARIABLE),
        ("$SMS_KEY", VARIABLE),
        ("$KEY", VARIABLE),
        ("$(SMS_KEY)", VARIABLE),
        ("%SMS_KEY%", VARIABLE),
        ("{{ sms_key }}", VARIABLE),
        ("…", PLACEHOLDER),
        ("put the key here…", PLACEHOLDER),
        ("<password>", PLACEHOLDER),
        ("xxxx", PLACEHOLDER),
        ("changeme", PLACEHOLDER),
        ("change-me", PLACEHOLDER),
        ("TODO", PLACEHOLDER),
        ("your-password", PLACEHOLDER),
        (f"{SECRET}\N{ZERO WIDTH SPACE}", "contains U+200B, which is invisible"),
        ("\N{ZERO WIDTH NO-BREAK SPACE}key", "contains U+FEFF, which is invisible"),
    ],
)
def test_a_secret_that_can_t_be_right_is_named_and_not_shown(value: str, said: str) -> None:
    flaw = find_flaw("api_key", value)
    assert flaw is not None
    assert (flaw.name, flaw.said, flaw.well) == ("api_key", said, False)
    assert SECRET not in repr(flaw)
    assert "SMS_KEY" not in repr(flaw)


def test_what_to_do_names_the_key() -> None:
    flaw = find_flaw("api_key", "$KEY")
    assert flaw is not None
    assert 'write api_key = { env = "NAME" }' in flaw.todo


@each(
    "value",
    [
        "x",
        "xx1",
        "a<b>c",
        "changes",
        "p w",
        "todo-list",
        "$ecret",
        "$1",
        "a$KEY",
        "50%",
        "'', it's",
        "'",
        "${",
        "ключ",
    ],
)
def test_a_secret_that_may_be_right_is_well(value: str) -> None:
    assert find_flaw("api_key", value) is None


def test_a_credential_that_is_well_is_told_by_its_length_alone() -> None:
    made = SMSMobileAPI(api_key="k", client_id="…")  # type: ignore[arg-type]  # text becomes a Secret
    assert [(one.name, one.said) for one in check_credentials(made)] == [
        ("api_key", "is set, 1 character")
    ]


def test_another_secret_is_told_only_if_it_can_t_be_right(tmp_path: Path) -> None:
    file = tmp_path / "client.pem"
    trustme.CA().issue_cert("client.example").private_key_and_cert_chain_pem.write_to_path(
        str(file)
    )
    for password, told in (("good", []), ("${PW}", ["client_cert_password"])):
        made = SMSMobileAPI(
            api_key="k",  # type: ignore[arg-type]  # text becomes a Secret
            client_cert=str(file),
            client_cert_password=password,  # type: ignore[arg-type]  # here too
        )
        assert [one.name for one in check_credentials(made)] == ["api_key", *told]


def test_a_private_key_has_several_lines() -> None:
    key = f"-----BEGIN EC PRIVATE KEY-----\n{'A' * 64}\nMIIE=\n-----END EC PRIVATE KEY-----\n"
    assert find_flaw("key", key) is None
    assert find_flaw("key", key + "more")
