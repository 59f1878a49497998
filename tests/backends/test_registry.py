"""Backends are found by name or by path, and a broken plug-in hurts nobody but itself."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import acme_sms
import pytest

from smsbridge import Backend, ConfigError
from smsbridge.backends.catalogue import shipped_file
from smsbridge.backends.console import Console
from smsbridge.backends.memory import MemoryBackend
from smsbridge.backends.registry import (
    GROUP,
    SHIPPED,
    InstalledBackend,
    find,
    installed_backends,
)
from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.config.load import from_mapping
from smsbridge.config.url import from_url

from support.each import each

GOOD = "from smsbridge.backends.memory import MemoryBackend as Plugin\n"
FLAWS = {
    "import nowhere_at_all": "ModuleNotFoundError: No module named 'nowhere_at_all'",
    "raise RuntimeError('no licence')": "RuntimeError: no licence",
    "raise SystemExit('no licence')": "SystemExit: no licence",
    "def plugin(": "SyntaxError: ",
    "": "AttributeError: ",
    "Plugin = 5": "not a subclass of smsbridge.Backend",
    "class Plugin: pass": "not a subclass of smsbridge.Backend",
    "from smsbridge import Backend\nPlugin = Backend()": "not a subclass of smsbridge.Backend",
    "from smsbridge import Backend as Plugin": "not a subclass of smsbridge.Backend",
    "from smsbridge import Backend\nclass Plugin(Backend): name = 'p'": (
        "has no decorator: write @smsbridge.backend above the class"
    ),
}
Way = Callable[[str], object]
WAYS: Mapping[str, Way] = {
    "find": find,
    "a mapping": lambda name: from_mapping({"backend": name}),
    "a URL": lambda name: from_url(f"{name}+rest://KEY@sms.example"),
}
flaws = pytest.mark.parametrize(
    ("source", "why"),
    FLAWS.items(),
    ids=[
        "import",
        "error",
        "exit",
        "syntax",
        "missing",
        "number",
        "class",
        "object",
        "base",
        "undecorated",
    ],
)
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Install a distribution in a folder of its own: one plug-in module, and its entry points."""

    def put(distribution: str, source: str, *names: str, target: str = "") -> None:
        module = distribution.replace("-", "_")
        folder = tmp_path / distribution
        metadata = folder / f"{module}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (folder / f"{module}.py").write_text(source)
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n"
        )
        points = [f"{name} = {target or f'{module}:Plugin'}" for name in names]
        (metadata / "entry_points.txt").write_text("\n".join([f"[{GROUP}]", *points]))
        monkeypatch.syspath_prepend(folder)
        monkeypatch.delitem(sys.modules, module, raising=False)

    return put


def refusal(make: Callable[[], object]) -> str:
    with pytest.raises(ConfigError) as caught:
        make()
    return str(caught.value)


def named(name: str) -> list[InstalledBackend]:
    return [found for found in installed_backends() if found.name == name]


@each(
    ("name", "backend"),
    [
        ("smsmobileapi", SMSMobileAPI),
        ("memory", MemoryBackend),
        ("console", Console),
        ("acme", acme_sms.Acme),
        ("smsbridge.backends.memory:MemoryBackend", MemoryBackend),
        ("acme_sms:Acme", acme_sms.Acme),
    ],
)
def test_a_backend_is_found_by_the_name_of_its_entry_point_or_by_its_path(
    name: str, backend: type[Backend]
) -> None:
    assert find(name) is backend


def test_installed_lists_every_backend_with_the_distribution_that_offers_it() -> None:
    listed = {found.name: (found.distribution, found.backend) for found in installed_backends()}
    assert (
        listed.items()
        >= {
            "acme": ("acme-sms", acme_sms.Acme),
            "console": ("smsbridge", Console),
            "memory": ("smsbridge", MemoryBackend),
            "smsmobileapi": ("smsbridge", SMSMobileAPI),
        }.items()
    )
    assert [found.name for found in installed_backends()] == sorted(listed)
    assert {found.broken for found in installed_backends()} == {""}


def test_what_ships_is_found_without_a_look_at_all_that_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    points = importlib.metadata.distribution("smsbridge").entry_points
    assert {one.name: one.value for one in points if one.group == GROUP} == SHIPPED
    folders = [one for one in sys.path if not any(Path(one).glob("acme_sms*-info"))]
    monkeypatch.setattr(sys, "path", folders)
    monkeypatch.setattr(importlib.metadata, "entry_points", lambda **_: pytest.fail("looked"))
    for name, path in SHIPPED.items():
        assert f"{find(name).__module__}:{find(name).__name__}" == path


@each("name", sorted(SHIPPED))
def test_a_shipped_name_that_another_package_offers_is_refused(name: str, install: Install) -> None:
    install(f"{name}-rival", GOOD, name)
    both = " and by ".join(sorted(("smsbridge", f"{name}-rival")))
    assert refusal(lambda: find(name)) == f"backend {name!r} is offered by {both}; remove one"


def test_a_plug_in_is_found_as_soon_as_it_is_installed(install: Install) -> None:
    install("fresh-sms", GOOD, "fresh")
    assert find("fresh") is MemoryBackend
    assert named("fresh") == [
        InstalledBackend(name="fresh", distribution="fresh-sms", backend=MemoryBackend)
    ]


def test_a_name_that_is_not_installed_is_refused_with_the_nearest() -> None:
    error = refusal(lambda: find("smsmobilapi"))
    assert "'smsmobilapi' is not installed" in error
    assert "did you mean 'smsmobileapi'" in error
    assert "acme" in error


@each(
    ("path", "why"),
    [
        ("nowhere_at_all:Acme", "No module named 'nowhere_at_all'"),
        ("acme_sms.nowhere:Acme", "No module named 'acme_sms.nowhere'"),
        ("acme_sms:Acne", "no attribute 'Acne'"),
        ("acme_sms:", "acme_sms:"),
        (":Acme", "Empty module name"),
        (".acme_sms:Acme", "relative"),
        ("acme_sms:REASONS", "not a subclass of smsbridge.Backend"),
        ("smsbridge:Client", "not a subclass of smsbridge.Backend"),
        ("smsbridge:Backend", "not a subclass of smsbridge.Backend"),
    ],
)
def test_a_path_that_leads_to_no_backend_is_refused_with_the_reason(path: str, why: str) -> None:
    error = refusal(lambda: find(path))
    assert path in error
    assert why in error


@flaws
@ways
def test_a_broken_plug_in_is_refused_with_its_distribution_and_the_reason(
    install: Install, way: Way, source: str, why: str
) -> None:
    install("shaky-sms", source, "shaky")
    error = refusal(lambda: way("shaky"))
    assert "'shaky'" in error
    assert "shaky-sms" in error
    assert why in error


@flaws
def test_a_broken_plug_in_is_listed_with_the_reason(
    install: Install, source: str, why: str
) -> None:
    install("shaky-sms", source, "shaky")
    (found,) = named("shaky")
    assert (found.distribution, found.backend) == ("shaky-sms", None)
    assert why in found.broken


@flaws
def test_a_broken_plug_in_breaks_nobody_else(install: Install, source: str, why: str) -> None:
    install("shaky-sms", source, "shaky")
    assert find("memory") is MemoryBackend
    assert find("smsbridge.backends.memory:MemoryBackend") is MemoryBackend
    assert isinstance(from_mapping({"backend": "memory"}), MemoryBackend)
    assert isinstance(from_url("memory://"), MemoryBackend)
    assert [found.backend for found in named("memory")] == [MemoryBackend]


@pytest.mark.parametrize("target", ["no such target", "shaky_sms:", "!", "shaky_sms:Plugin.inner"])
def test_an_entry_point_that_leads_nowhere_is_a_broken_plug_in(
    install: Install, target: str
) -> None:
    install("shaky-sms", GOOD, "shaky", target=target)
    (found,) = named("shaky")
    assert found.backend is None
    assert found.broken
    assert "shaky-sms" in refusal(lambda: find("shaky"))
    assert find("memory") is MemoryBackend


@ways
def test_a_name_that_two_distributions_offer_is_refused_with_both(
    install: Install, way: Way
) -> None:
    install("first-sms", GOOD, "twice")
    install("second-sms", GOOD, "twice", "once")
    error = refusal(lambda: way("twice"))
    assert "'twice'" in error
    assert "first-sms" in error
    assert "second-sms" in error


def test_a_name_that_two_distributions_offer_is_listed_twice_and_the_others_work(
    install: Install,
) -> None:
    install("first-sms", GOOD, "twice")
    install("second-sms", GOOD, "twice", "once")
    assert [found.distribution for found in named("twice")] == ["first-sms", "second-sms"]
    assert find("once") is MemoryBackend


def test_nobody_takes_the_place_of_a_backend_that_ships(install: Install) -> None:
    install("evil-sms", GOOD, "smsmobileapi")
    error = refusal(lambda: find("smsmobileapi"))
    assert "evil-sms" in error
    assert "smsbridge" in error


def test_one_distribution_that_is_on_the_path_twice_is_no_clash(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install("first-sms", GOOD, "once")
    other = tmp_path / "other" / "first_sms-1.0.dist-info"
    other.mkdir(parents=True)
    for name in ("METADATA", "entry_points.txt"):
        text = (tmp_path / "first-sms" / "first_sms-1.0.dist-info" / name).read_text()
        (other / name).write_text(text)
    monkeypatch.syspath_prepend(other.parent)
    assert find("once") is MemoryBackend
    assert len(named("once")) == 1


@each("name", ["twilio"])
def test_a_name_of_the_catalogue_neither_wins_over_a_package_nor_loses(
    name: str, install: Install
) -> None:
    install(f"{name}-rival", GOOD, name)
    assert f"backend {name!r} is offered by smsbridge and by {name}-rival" in refusal(
        lambda: find(name)
    )


def test_a_package_may_offer_a_file_of_the_form_of_the_catalogue(
    install: Install, tmp_path: Path
) -> None:
    source = shipped_file("twilio").read_text(encoding="utf-8")
    install("quay-sms", "", "quay", target="quay_files:quay.toml")
    package = tmp_path / "quay-sms" / "quay_files"
    package.mkdir()
    (package / "quay.toml").write_text(source.replace("api.twilio.com", "api.quay.example"))
    for name in ("quay", "quay_files:quay.toml"):
        assert find(name).url == "https://api.quay.example"
    assert [(one.distribution, one.broken) for one in named("quay")] == [("quay-sms", "")]


def test_a_file_of_a_package_has_its_wsdl_in_that_package(install: Install, tmp_path: Path) -> None:
    install("quay-sms", "", "quay", target="quay_soap:afe.toml")
    package = tmp_path / "quay-sms" / "quay_soap"
    package.mkdir()
    (package / "afe.toml").write_text(shipped_file("afe").read_text(encoding="utf-8"))
    assert find("quay").wsdl == str(package / "afe.wsdl")
