"""What users call has an example in its docstring, and the example does what it shows."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import smsbridge
import smsbridge.webhooks
from smsbridge import Client

from support.public_face import DOCUMENTED, ROOT, members

METHODS = [name for name, _ in inspect.getmembers(Client, callable) if not name.startswith("_")]


def in_the_reference() -> Iterator[tuple[str, Any]]:
    """Yield what the reference documents by its module: the kits for tests and for webhooks."""
    for path in DOCUMENTED:
        module, _, name = path.rpartition(".")
        if (ROOT / path.replace(".", "/")).with_suffix(".py").exists():
            found = import_module(path)
            yield from ((f"{path}.{one}", getattr(found, one)) for one in members(path))
        elif module:
            yield path, getattr(import_module(module), name)


PUBLIC: dict[str, Any] = {
    **{f"smsbridge.{name}": getattr(smsbridge, name) for name in smsbridge.__all__},
    **{f"smsbridge.Client.{name}": getattr(Client, name) for name in METHODS},
    **{
        f"smsbridge.webhooks.{name}": getattr(smsbridge.webhooks, name)
        for name in smsbridge.webhooks.__all__
    },
    **dict(in_the_reference()),
}


@pytest.fixture
def names(smsbridge_mock: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return what an example uses without saying so; beside it, smsbridge.toml has ``staging``."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "smsbridge.toml").write_text('[backends.staging]\nbackend = "console"\n')
    with Client() as sms:
        yield {
            **{name: getattr(smsbridge, name) for name in smsbridge.__all__},
            "sms": sms,
            "smsbridge_mock": smsbridge_mock,
        }


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_it_has_an_example_that_does_what_it_shows(name: str, names: dict[str, Any]) -> None:
    example = doctest.DocTestParser().get_doctest(
        inspect.getdoc(PUBLIC[name]) or "", names, name, None, None
    )
    said: list[str] = []
    results = doctest.DocTestRunner().run(example, out=said.append)
    assert results.attempted, f"{name} has no example"
    assert results.failed == 0, "".join(said)
