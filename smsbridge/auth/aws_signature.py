"""AWS Signature Version 4: each call is signed with a secret, as botocore does it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from smsbridge.errors import MissingExtra
from smsbridge.http.exchange import Request

if TYPE_CHECKING:
    from smsbridge.http.address import Site
    from smsbridge.http.exchange import Exchange, Response, Session
    from smsbridge.mapping.auth import Credentials, Make

DATE = "X-Amz-Date"
SCHEME = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class AwsSignature:
    """A signature of a service; the rest are names of config keys.

    >>> AwsSignature("sns").credentials
    ('access_key', 'secret_key', 'region')
    """

    service: str
    access_key: str = "access_key"
    secret_key: str = "secret_key"  # noqa: S105  (the name of a config key)
    region: str = "region"

    @property
    def credentials(self) -> tuple[str, ...]:
        """The config keys: who signs, with what, and where."""
        return (self.access_key, self.secret_key, self.region)

    @property
    def scheme(self) -> str:
        """The HTTP scheme that a 401 would name for it."""
        return SCHEME.lower()

    def fields(self, _credentials: Credentials) -> dict[str, Any]:
        """Return nothing: it is a header."""
        return {}

    def carry(
        self, make: Make, credentials: Credentials, _site: Site, session: Session
    ) -> Exchange[Response]:
        """Send the request with its time and its signature."""
        request = yield from make({})
        date = session.now().strftime("%Y%m%dT%H%M%SZ")
        signed = {"Content-Type": request.header("content-type"), DATE: date}
        own = {name: value for name, value in signed.items() if value}
        headers = {**request.headers, DATE: date}
        header = self.sign(replace(request, headers=own), credentials)
        return (yield replace(request, headers={**headers, "Authorization": header}))

    def sign(self, request: Request, credentials: Credentials) -> str:
        """Return the Authorization header of a request: all its headers are signed, and its host.

        Raises `MissingExtra` without botocore.
        """
        try:
            from botocore.auth import SigV4Auth
            from botocore.awsrequest import AWSRequest
            from botocore.credentials import Credentials as Keys
        except ImportError:
            raise MissingExtra("aws", "auth.type = aws") from None
        access, secret, region = (credentials[key] for key in self.credentials)
        signer = SigV4Auth(Keys(access, secret), self.service, region)
        aws = AWSRequest(
            method=request.method, url=request.url, headers=dict(request.headers), data=request.body
        )
        aws.context["timestamp"] = request.header(DATE)
        canonical = signer.canonical_request(aws)
        signature = signer.signature(signer.string_to_sign(aws, canonical), aws)
        names = signer.signed_headers(signer.headers_to_sign(aws))
        return (
            f"{SCHEME} Credential={signer.scope(aws)}, SignedHeaders={names}, Signature={signature}"
        )
