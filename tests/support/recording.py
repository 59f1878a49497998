"""A mock that stands in for a live provider, with the proxy that records it in front."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from smsbridge.cli.fixtures_record import Recorder, serve_recorder

KNOWN = {"api_key": "test-key", "client_id": "test-client", "client_secret": "test-secret"}
"""The credentials that the mock accepts."""


@dataclass
class Recorded:
    """A recording: ``live``: where the provider is, ``address``: where clients go."""

    live: str
    address: str
    folder: Path
    recorder: Recorder
    said: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, **given: Any) -> requests.Response:
        """Return the answer to a request through the proxy."""
        with requests.Session() as session:
            session.trust_env = False
            return session.request(method, f"{self.address}{path}", timeout=30, **given)

    def files(self) -> dict[str, str]:
        """Return the fixtures that were written, by their names."""
        return {
            one.relative_to(self.folder).as_posix(): one.read_text(encoding="utf-8")
            for one in sorted(self.folder.rglob("*.yaml"))
        }


@contextmanager
def recording(live: str, folder: Path, **options: Any) -> Iterator[Recorded]:
    """Record a provider until the end of the block."""
    usual: dict[str, Any] = {
        "record_live": True,
        "backend": None,
        "config": None,
        "wsdl": None,
        "secrets": KNOWN,
        "hide_texts": False,
        "ca": "",
        "host": "127.0.0.1",
        "port": 0,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CI", raising=False)
        with serve_recorder(provider=live, folder=folder, **{**usual, **options}) as recorder:
            yield Recorded(live, str(recorder.ready["address"]), folder, recorder)
