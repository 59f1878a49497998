"""The decorator makes the annotated attributes of a class the config keys of a backend."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field, is_dataclass
from typing import Annotated, ClassVar, Literal, NewType, Optional

import acme_sms
import pytest

from smsbridge import Backend, ConfigError, Secret, backend
from smsbridge.backends.config_fields import keys_of_type
from smsbridge.config.load import from_mapping


@backend
class Own(Backend):
    name = "own"
    url = "https://sms.example"
    user: str
    password: Secret | None = None
    calls: list[str] = field(default_factory=list, repr=False)


class Slow:
    """Knows nothing of backends."""

    timeout = 60.0
    ca: str = "issuers.pem"


@dataclass(frozen=True, kw_only=True)
class Team:
    team: str = "sales"
    pin: Secret | None = None


def test_a_subclass_is_a_frozen_dataclass_with_keyword_arguments() -> None:
    own = Own(user="acme")
    assert is_dataclass(own)
    assert (own.url, own.timeout, own.user) == ("https://sms.example", 30.0, "acme")
    with pytest.raises(FrozenInstanceError):
        own.user = "other"
    with pytest.raises(TypeError):
        Own("acme")  # type: ignore[call-arg]  # that is the point


def test_type_checkers_know_the_keys_and_their_types() -> None:
    """An ignore that mypy doesn't need is an error of mypy's own."""
    Own(user="acme", url="http://127.0.0.1", retry=None)
    with pytest.raises(TypeError, match="usr"):
        Own(usr="acme")  # type: ignore[call-arg]  # that is the point
    with pytest.raises(ConfigError, match="password"):
        Own(user="acme", password=5)  # type: ignore[arg-type]  # that is the point


def test_a_plain_value_is_the_default_of_an_inherited_key_and_of_no_other_class() -> None:
    assert Backend.url == ""
    assert Own(user="acme", url="http://127.0.0.1").url == "http://127.0.0.1"


def test_a_key_without_a_default_is_needed() -> None:
    with pytest.raises(TypeError, match="user"):
        Own()  # type: ignore[call-arg]  # that is the point


def test_a_mixin_before_the_backend_keeps_its_defaults() -> None:
    @backend
    class Mixed(Slow, Own):
        pass

    @backend
    class Overruled(Slow, Own):
        timeout = 5.0

    @backend
    class Behind(Own, Slow):
        pass

    mixed = Mixed(user="acme")
    assert (mixed.timeout, mixed.ca, mixed.url) == (60.0, "issuers.pem", "https://sms.example")
    assert Mixed(user="acme", timeout=1).timeout == 1.0
    assert (Overruled(user="acme").timeout, Overruled(user="acme").ca) == (5.0, "issuers.pem")
    assert Behind(user="acme").timeout == 30.0


def test_a_mixin_that_is_a_dataclass_has_keys_of_its_own() -> None:
    @backend
    class Mixed(Team, Own):  # type: ignore[misc]  # mypy is not told that the decorator freezes
        team = "support"

    mixed = Mixed(user="acme", pin="1234")  # type: ignore[arg-type]  # as config gives it
    assert (mixed.team, mixed.pin) == ("support", Secret("1234"))
    assert Team().team == "sales"


def test_another_default_leaves_the_rest_of_a_key_as_it_is() -> None:
    @backend
    class Fewer(Own):
        calls = ()  # type: ignore[assignment]  # a default that can be shared

    assert "calls" not in repr(Fewer(user="acme"))


Hidden = Secret
Token = NewType("Token", Secret)


class SecretLevel:
    """No secret, for all its name."""


@backend
class Typed(Backend):
    """Some of its keys are secrets, and some only look like one."""

    name = "typed"
    plain: Secret
    other_name: Hidden
    optional: Optional[Secret] = None  # noqa: UP045  (that is the point)
    noted: Annotated[Secret | None, "where the portal shows it"] = None
    quoted: "Secret | None" = None  # noqa: UP037  (that is the point)
    derived: Token | None = None
    several: tuple[Secret, ...] | None = None
    word: Literal["NoSecret", "Secret"] = "NoSecret"
    level: SecretLevel | None = None
    shared: ClassVar[Secret | None] = None


def test_a_secret_is_known_by_its_type_and_not_by_the_name_of_the_type() -> None:
    common = {"client_cert_password", "proxy"}
    typed = set(keys_of_type(Typed, Secret)) - common
    assert typed == {
        *("plain", "other_name", "optional", "noted", "quoted", "derived", "several"),
    }
    assert set(keys_of_type(acme_sms.Acme, Secret)) - common == {"password"}
    assert keys_of_type(Typed, Backend) == ("log",)


def test_text_for_a_key_that_only_looks_like_a_secret_stays_text() -> None:
    found = from_mapping({"backend": f"{__name__}:Typed", "plain": "p", "other_name": "o"})
    assert isinstance(found, Typed)
    assert (found.word, found.other_name) == ("NoSecret", Secret("o"))
    assert "•••" in repr(found)


def test_secrets_inside_of_another_type_are_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError, match="several: give text, or a Secret"):
        Typed(plain=Secret("p"), other_name=Secret("o"), several=(Secret("s"),))


def test_a_type_that_is_not_known_at_run_time_is_refused_where_the_class_is_written() -> None:
    with pytest.raises(TypeError, match=r"Late.token: its type 'Missing' can't be found at run"):

        @backend
        class Late(Backend):
            token: Missing  # type: ignore[name-defined]  # noqa: F821  (that is the point)


def test_a_class_without_the_decorator_is_refused_with_the_name_of_the_decorator() -> None:
    class Plain(Own):
        token: Secret

    @dataclass(frozen=True, kw_only=True)
    class Other(Own):  # type: ignore[misc]  # mypy is not told that the decorator freezes
        token: Secret

    with pytest.raises(TypeError, match="Plain has no decorator: write @backend above the class"):
        Plain(user="acme", token=Secret("t"))  # type: ignore[call-arg]  # that is the point
    with pytest.raises(TypeError, match="Other has no decorator: write @backend above the class"):
        Other(user="acme", token=Secret("t"))
