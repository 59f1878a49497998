"""The lines that make the first message at a mock: what a client would send, tried beforehand."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from smsbridge.backends.smsmobileapi import SMSMobileAPI
from smsbridge.client.sync import Client
from smsbridge.page.source import Example
from smsbridge.serving.soap import ProviderSoap
from smsbridge.testing.fixture.curl import curl
from smsbridge.testing.mock.default import sample_url
from smsbridge.testing.mock.lanes import lane_keys
from smsbridge.testing.mock.transport import InProcess
from smsbridge.text.masking import masker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from smsbridge.backends.base import Backend
    from smsbridge.http.exchange import Request
    from smsbridge.testing.mock.provider import Provider

RECIPIENT, TEXT = "+12025550123", "Hello"
_PUBLIC = "test-"
"""How credentials begin that are made up; any other is hidden."""

_VARIABLE = re.compile(r"\$(?:\{SMS_([A-Z0-9_]+)\}|SMS_([A-Z0-9_]+))")
_OWN = ("host", "content-length", "user-agent", "accept", "accept-encoding", "connection")
_LONGEST = 64 * 1024


def first_message(lane: Provider) -> Sequence[Example]:
    """Return the lines for a lane; none where no one request makes a message."""
    base = lane.address
    if lane.lane and not lane_keys(lane.lanes.backend):
        base = f"{base}/lane-{quote(lane.lane, safe='')}"
    request = _find_request(lane.backend)
    if request is None:
        return _ask_for_wsdl(lane, base)
    parts = urlsplit(request.url)
    query = f"?{parts.query}" if parts.query else ""
    headers = {name: one for name, one in request.headers.items() if name.lower() not in _OWN}
    request = replace(request, url=f"{base}{parts.path}{query}", headers=headers)
    credentials = lane.backend.credentials()
    public = {key: word for key, word in credentials.items() if word.startswith(_PUBLIC)}
    hide = masker([word for word in credentials.values() if word not in public.values()], _LONGEST)
    found = (
        Example(name="curl", lines=_with_values(curl(request, credentials), public)),
        Example(name="PHP", lines=_php(request)),
        Example(name="Python", lines=_python(request, lane.backend, base)),
    )
    return [replace(one, lines=hide(one.lines)) for one in found]


def _find_request(backend: Backend) -> Request | None:
    """Return the one request that makes a message, over the first protocol that needs no more."""
    from smsbridge.testing.mock.provider import Provider

    for protocol in backend.protocols:
        trial = Provider(replace(backend, protocol=protocol))
        try:
            with Client(trial.backend, transport=InProcess(trial)) as client:
                client.send(RECIPIENT, TEXT)
        except Exception:  # noqa: BLE001, S112  (whatever its table can't do: it is an example)
            continue
        calls = [kept for kept in trial.request_log.requests if kept.taken_for != "wsdl"]
        again = Provider(replace(backend, protocol=protocol))
        if len(calls) == 1 and trial.messages:
            again.handle(calls[0].request)
            if again.messages:
                return calls[0].request
    return None


def _with_values(command: str, public: Mapping[str, str]) -> str:
    """Return a curl command in which only secrets are variables."""
    words = {re.sub("[^A-Z0-9]+", "_", key.upper()).strip("_"): one for key, one in public.items()}
    return _VARIABLE.sub(lambda found: words.get(found[1] or found[2], found[0]), command)


def _php(request: Request) -> str:
    headers = "".join(f"{name}: {one}\r\n" for name, one in request.headers.items()).rstrip()
    head = f"'header' => {_in_php(headers)}, " if headers else ""
    body = f"'content' => {_in_php(request.body.decode(errors='replace'))}, "
    options = f"['http' => ['method' => '{request.method}', {head}{body}'ignore_errors' => true]]"
    where = _in_php(request.url)
    return f"<?php echo file_get_contents({where}, false, stream_context_create({options}));"


def _in_php(word: str) -> str:
    if "\r" in word or "\n" in word:
        escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
        return '"' + escaped.replace("\r", "\\r").replace("\n", "\\n") + '"'
    return "'" + word.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _python(request: Request, backend: Backend, base: str) -> str:
    if type(backend) is SMSMobileAPI:
        key = backend.credentials().get("api_key", "")
        url = sample_url("rest", base).replace("://test-key@", f"://{quote(key, safe='')}@")
        send = f'Client.from_url("{url}").send("{RECIPIENT}", "{TEXT}")'
        return f"from smsbridge import Client; print({send})"
    made = f"Request({request.url!r}, {request.body!r}, {dict(request.headers)!r}, "
    more = f"method={request.method!r})"
    return f"from urllib.request import Request, urlopen; print(urlopen({made}{more}).read())"


def _ask_for_wsdl(lane: Provider, base: str) -> Sequence[Example]:
    """Return the lines that ask for the WSDL, where there is no more than one."""
    codecs = (one.codec for one in lane.protocols)
    codec = next((one for one in codecs if isinstance(one, ProviderSoap)), None)
    if codec is None:
        return ()
    path = codec.codec.published or urlsplit(codec.port.address).path
    url = f"{base}{path}?wsdl"
    found = {
        "curl": f"curl {url}",
        "PHP": f"<?php print_r((new SoapClient('{url}'))->__getFunctions());",
        "Python": f"import zeep; zeep.Client({url!r}).wsdl.dump()",
    }
    return [Example(name=name, lines=one, makes_message=False) for name, one in found.items()]
