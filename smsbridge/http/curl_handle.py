"""libcurl's handle for one request after another over one connection, and what it saw of each.

libcurl sends a request again by itself if a kept connection ends before any answer, even if the
peer has read all of it, and no option stops it. But it asks before each send: the second is
refused. What has left is what libcurl counted; what came is read by `Reading`.
"""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from smsbridge.errors import MissingExtra
from smsbridge.http.answer import BadAnswer
from smsbridge.http.curl_errors import error_of, is_end
from smsbridge.http.exchange import Broken, Left, Request, Response
from smsbridge.http.proxy import Proxy
from smsbridge.http.transport import (
    IDLE_SECONDS,
    Network,
    Reach,
    TunnelRefused,
    Way,
    headers_to_send,
    to_broken,
    whole,
)

try:
    import pycurl
except ImportError as missing:
    raise MissingExtra("fast", 'transport = "curl"') from missing

_CAME = select.POLLIN | select.POLLHUP | select.POLLERR
_VERSION = b"SSL connection using TLSv1.3"
_TEXT = 0  # libcurl's word for a line of its own among what it tells of a request
_BODILESS = ("GET", "HEAD")


@dataclass(kw_only=True)
class CurlSending(Way):
    """The request that a handle is sending: what libcurl asked and gave of it so far."""

    head: list[bytes] = field(default_factory=list)
    odd: BadAnswer | None = None
    asked: int = 0  # how often libcurl was about to send it

    def take(self, data: bytes) -> int | None:
        """Take a part of the body; returns 0, which ends the transfer, for what isn't an answer."""
        try:
            done = self.reading.feed(b"".join([*self._new_head(), data]))
        except BadAnswer as odd:
            self.odd = odd
            return 0
        return 0 if done and not self.reading.kept_open else None

    def take_head(self) -> None:
        """Take the lines that came without a body; raises `BadAnswer`, also what `take` met."""
        if self.odd is not None:
            raise self.odd
        if lines := self._new_head():
            self.reading.feed(b"".join(lines))

    def _new_head(self) -> list[bytes]:
        """Return the lines that were not read yet; those after a body are trailers."""
        lines = [] if self.reading.status else self.head[:]
        self.head.clear()
        return lines

    @property
    def begun(self) -> bool:
        """Whether anything of an answer has come."""
        return bool(self.head) or self.reading.begun


class Handle:
    """An easy handle of libcurl that serves one origin, with the one connection that it keeps."""

    def __init__(
        self,
        reach: Reach,
        network: Network,
        monotonic: Callable[[], float],
        opened: Callable[[int], None] | None = None,
    ) -> None:
        """Set what every request needs; nothing of the environment is read.

        ``opened``: for one of several that a multi handle drives, called with each new socket.
        """
        self.curl = curl = pycurl.Curl()
        self._reach, self._network = reach, network
        self._share: pycurl.CurlShare | None = None
        self._trusts = False
        self._monotonic = monotonic
        self._sending: CurlSending
        self._idle_since: float | None = None
        self._socket = -1
        self._poll = select.poll()
        self._fresh = False
        self._url = self._method = ""
        self._proxy: Proxy | None = None
        self._headers: dict[str, str] = {}
        for option, value in _OPTIONS.items():
            curl.setopt(option, value)
        curl.setopt(pycurl.PREREQFUNCTION, self._ask)
        curl.setopt(pycurl.DEBUGFUNCTION, self._tell)
        if opened is None:
            curl.setopt(pycurl.XFERINFOFUNCTION, _tick)
            curl.setopt(pycurl.NOPROGRESS, 0)
        else:
            self._keep_own_connection(opened)

    def _keep_own_connection(self, opened: Callable[[int], None]) -> None:
        """Keep its own connection: the handles of a multi handle would share all of theirs."""
        self._share = pycurl.CurlShare()
        self._share.setopt(pycurl.SH_SHARE, pycurl.LOCK_DATA_CONNECT)
        self.curl.setopt(pycurl.SHARE, self._share)

        def note(number: int, _purpose: int) -> int:
            opened(number)
            return int(pycurl.SOCKOPT_OK)

        self.curl.setopt(pycurl.SOCKOPTFUNCTION, note)

    def close(self) -> None:
        """Close the connection."""
        self.curl.close()
        if self._share is not None:
            self._share.close()

    def _ask(self, *_: Any) -> int:
        """Let libcurl send the request once. What came until then is the proxy's."""
        sending = self._sending
        sending.asked += 1
        sending.head.clear()
        return int(pycurl.PREREQFUNC_OK if sending.asked == 1 else pycurl.PREREQFUNC_ABORT)

    def _tell(self, kind: int, text: bytes) -> None:
        """Note the version of TLS: with 1.3 a peer may refuse us after the request has left."""
        if kind == _TEXT and text.startswith(_VERSION):
            self._sending.unproved = True

    def begin(self, request: Request, deadline: float) -> CurlSending:
        """Prepare a request; what is as it was for the last is not set again. Raises `Broken`."""
        known = request.url == self._url
        proxy = self._proxy if known else self._network.proxies.to(request.url)
        sending = self._sending = CurlSending(request=request, proxy=proxy)
        curl = self.curl
        seconds = deadline - self._monotonic()
        if seconds <= 0:
            raise Broken(Left.NOTHING, f"no whole answer came in time ({sending.peer})")
        headers = headers_to_send(request, sending)
        if headers != self._headers:
            curl.setopt(pycurl.HTTPHEADER, _lines(headers))
            self._headers = headers
        if request.method != self._method:
            self._set_method(request.method)
        if not known:
            curl.setopt(pycurl.URL, request.url)
            self._url = request.url
        if proxy != self._proxy:
            self._set_proxy(sending)
        if not self._trusts and _is_secure(request, proxy):
            _trust(curl, self._reach, self._network)
            self._trusts = True
        if request.method not in _BODILESS:
            curl.setopt(pycurl.POSTFIELDS, request.body)
        curl.setopt(pycurl.TIMEOUT_MS, max(int(seconds * 1000), 1))
        fresh = self._is_stale()
        if fresh != self._fresh:
            curl.setopt(pycurl.FRESH_CONNECT, int(fresh))
            curl.setopt(pycurl.VERBOSE, int(fresh and request.url.startswith("https:")))
            self._fresh = fresh
        curl.setopt(pycurl.HEADERFUNCTION, sending.head.append)
        curl.setopt(pycurl.WRITEFUNCTION, sending.take)
        return sending

    def _set_method(self, method: str) -> None:
        curl, self._method = self.curl, method
        curl.setopt(pycurl.NOBODY, int(method == "HEAD"))
        curl.setopt(pycurl.HTTPGET if method in _BODILESS else pycurl.POST, 1)
        curl.setopt(pycurl.CUSTOMREQUEST, method)

    def _set_proxy(self, sending: CurlSending) -> None:
        proxy = self._proxy = sending.proxy
        self.curl.setopt(pycurl.PROXY, proxy.url if proxy else "")
        said = ["Proxy-Connection:", "User-Agent:"]
        if proxy and proxy.authorization and sending.request.url.startswith("https:"):
            said.append(f"Proxy-Authorization: {proxy.authorization}")
        self.curl.setopt(pycurl.PROXYHEADER, said)

    def _is_stale(self) -> bool:
        """Return whether there is no connection, or one that was idle too long or isn't quiet."""
        if self._idle_since is None or self._monotonic() - self._idle_since > IDLE_SECONDS:
            return True
        number = self.curl.getinfo(pycurl.ACTIVESOCKET)
        if number < 0:
            return True
        if number != self._socket:
            self._poll = select.poll()
            self._poll.register(number, _CAME)
            self._socket = number
        return bool(self._poll.poll(0))

    def end(self, code: int = 0, said: str = "") -> Response:
        """Return the answer, or raise `Broken`, by libcurl's code for how the request ended."""
        sending = self._sending
        self._idle_since = None
        try:
            self._take_end(sending, code, said)
        except Exception as error:  # noqa: BLE001  (any error: how much had left decides)
            failure = to_broken(error, self._measure(), sending)
        else:
            read, request = sending.reading, sending.request
            left = self._left_before_answer(request)
            if not code and read.kept_open and left is Left.ALL:
                self._idle_since = self._monotonic()
            return whole(read.status, read.headers, read.body, request, left)
        raise failure  # here: the error is not its context

    def _take_end(self, sending: CurlSending, code: int, said: str) -> None:
        if not sending.asked:
            sending.head.clear()  # the proxy's
        sending.take_head()
        if sending.begun:
            sending.unproved = False
        if sending.reading.whole:
            return  # before the request had left, it may be
        if code == 0 or is_end(code, said):
            sending.reading.feed(b"")
            return
        self._note_tunnel(sending)
        raise error_of(code, said, int(self.curl.getinfo(pycurl.OS_ERRNO)))

    def _note_tunnel(self, sending: CurlSending) -> None:
        """Note whether the proxy opened its tunnel; raises `TunnelRefused` if it refused."""
        if sending.proxy is None or not sending.request.url.startswith("https:"):
            return
        status = int(self.curl.getinfo(pycurl.HTTP_CONNECTCODE))
        sending.tunnelled = sending.asked > 0 or status in range(200, 300)
        if status and not sending.tunnelled:
            raise TunnelRefused(status)

    def _measure(self) -> Left:
        """Return how much has left, by libcurl's counts: all of it once an answer has begun."""
        sending = self._sending
        if sending.begun:
            return Left.ALL
        if not sending.asked or not self.curl.getinfo(pycurl.REQUEST_SIZE):
            return Left.NOTHING
        if sending.asked > 1:  # its count of the body began again
            return Left.ALL
        return self._left_before_answer(sending.request)

    def _left_before_answer(self, request: Request) -> Left:
        """Return whether the whole body has left, or a part."""
        short = request.body and self.curl.getinfo(pycurl.SIZE_UPLOAD_T) < len(request.body)
        return Left.PART if short else Left.ALL

    def leave_to_parent(self) -> None:
        """Put a dead socket in the place of the one that a fork shares: TLS would say goodbye."""
        number = self.curl.getinfo(pycurl.ACTIVESOCKET)
        if number >= 0:
            near, far = socket.socketpair()
            with near, far:
                os.dup2(near.fileno(), number)


def _lines(headers: dict[str, str]) -> list[bytes]:
    """Return headers as libcurl takes them, and without those that it would add."""
    named = {name.lower() for name in headers}
    added = [f"{name}:" for name in _ADDED if name.lower() not in named]
    given = [f"{name}: {value}" if value else f"{name};" for name, value in headers.items()]
    return [line.encode() for line in (*given, *added)]


def _is_secure(request: Request, proxy: Proxy | None) -> bool:
    return request.url.startswith("https:") or bool(proxy and proxy.url.startswith("https:"))


def _trust(curl: pycurl.Curl, reach: Reach, network: Network) -> None:
    """Trust the chosen issuers alone, for the proxy and for the provider; say who we are."""
    issuers_of = network.issuers
    path = issuers_of.path
    if issuers_of.named:
        network.check_tls()
    is_folder = Path(path).is_dir()
    for issuers, folder, cert, password in _TLS:
        curl.unsetopt(issuers)
        curl.unsetopt(folder)
        curl.setopt(folder if is_folder else issuers, path)
        if reach.client_cert:
            curl.setopt(cert, reach.client_cert)
        if reach.client_cert_password:
            curl.setopt(password, reach.client_cert_password.reveal())


def _tick(*_: float) -> int:
    """Let Python look for an interrupt, which libcurl alone would not notice."""
    return 0


_ADDED = ("Accept", "Content-Type", "Expect", "Proxy-Connection")
_OPTIONS: Mapping[int, Any] = {
    pycurl.NOSIGNAL: 1,
    pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
    pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
    pycurl.FOLLOWLOCATION: 0,
    pycurl.NETRC: pycurl.NETRC_IGNORED,
    pycurl.NOPROXY: "",
    pycurl.PROXY: "",  # an empty one: libcurl would look for one in the environment
    pycurl.HEADEROPT: pycurl.HEADER_SEPARATE,
    pycurl.PATH_AS_IS: 1,
    pycurl.HTTP09_ALLOWED: 1,  # what is not an HTTP answer is given to us, and we refuse it
    pycurl.HTTP_TRANSFER_DECODING: 0,
    pycurl.HTTP_CONTENT_DECODING: 0,
    pycurl.SSL_VERIFYPEER: 1,
    pycurl.SSL_VERIFYHOST: 2,
    pycurl.MAXCONNECTS: 1,
    pycurl.TCP_NODELAY: 1,
}
_TLS = (
    (pycurl.CAINFO, pycurl.CAPATH, pycurl.SSLCERT, pycurl.KEYPASSWD),
    (pycurl.PROXY_CAINFO, pycurl.PROXY_CAPATH, pycurl.PROXY_SSLCERT, pycurl.PROXY_KEYPASSWD),
)
