"""What is visibly wrong with a credential, told without any of its value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from smsbridge.backends.base import Backend
from smsbridge.backends.config_fields import keys_of_type
from smsbridge.cli.doctor.finding import Finding
from smsbridge.text.count import count
from smsbridge.text.secrets import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Flaw:
    """What a whole value looks like if it can't be right, and what to do; ``{key}`` is its key."""

    pattern: str
    said: str
    todo: str


_VARIABLES = (
    r"\$+\{.*\}",  # a shell, Compose
    r"\$+[A-Z_][A-Z0-9_]*",
    r"\$+\([A-Za-z_]\w*\)",  # Kubernetes, make
    r"%[A-Z_][A-Z0-9_]*%",  # Windows
    r"\{\{.*\}\}",  # Helm, Ansible, CI
)
FLAWS = (
    Flaw(
        pattern=r"\s*\S[^\r\n]*[\r\n]\s*\S.*",
        said="has more than one line",
        todo="keep only the value itself in its file or variable, in one line",
    ),
    Flaw(
        pattern=r"\s.*|.*\s",
        said="has spaces or a line break around it",
        todo="remove them from the variable or the file",
    ),
    Flaw(
        pattern=r"([\"'`]).*\1|[\u201c\u201e].*[\u201c\u201d]|\u2018.*\u2019|«.*»",
        said="has quotes around it",
        todo="remove them where it is set: `docker run --env-file` keeps quotes, for one",
    ),
    Flaw(
        pattern="|".join(_VARIABLES),
        said="looks like a variable that was not filled in",
        todo='write {key} = {{ env = "NAME" }} in smsbridge.toml, or set the value itself',
    ),
    Flaw(
        pattern=r"(?i:.*….*|<.*>|x{3,}|todo|placeholder|change.?(me|it)|your[-_ ].*)",
        said="is a placeholder",
        todo="put the real one into the config",
    ),
)
"""The first that fits is told."""
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----\r?\n[A-Za-z0-9+/=\r\n]+-----END \1-----\s*")
_FLAWS = [(re.compile(flaw.pattern, re.DOTALL), flaw) for flaw in FLAWS]


def check_credentials(backend: Backend) -> Iterator[Finding]:
    """Yield what each credential of a backend's protocol looks like.

    Of another secret, such as the password of a client certificate, only what is wrong.
    """
    protocol = backend.protocols[backend.protocol]
    carried = {name for table in protocol.operations().values() for name in table.carries()}
    needed = {*protocol.auth.credentials, *carried}
    for name, value in backend.credentials().items():
        if name in needed:
            well = Finding(name=name, said=f"is set, {count(len(value), 'character')}")
            yield find_flaw(name, value) or well
    for name in keys_of_type(Backend, Secret):
        secret = getattr(backend, name)
        if secret and (flaw := find_flaw(name, secret.reveal())):
            yield flaw


def find_flaw(name: str, value: str) -> Finding | None:
    """Return what is wrong with the value of a key, if that shows."""
    if _PEM.fullmatch(value):
        return None
    for pattern, flaw in _FLAWS:
        if pattern.fullmatch(value):
            return Finding(name=name, said=flaw.said, todo=flaw.todo.format(key=name))
    unseen = next((char for char in value if not char.isprintable()), "")
    if unseen:
        said = f"contains U+{ord(unseen):04X}, which is invisible"
        return Finding(name=name, said=said, todo="copy it again, without what is around it")
    return None
