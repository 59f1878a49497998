"""The provider's side of a backend's tables: requests read, answers written."""

from smsbridge.serving.auth import ProviderAuth, provider_auth
from smsbridge.serving.aws_signature import ProviderAwsSignature
from smsbridge.serving.codec import Call, ProviderCodec, provider_codec
from smsbridge.serving.credentials import ProviderBasic, ProviderFields, ProviderUsernameToken
from smsbridge.serving.digest import ProviderDigest
from smsbridge.serving.json_web_token import ProviderJsonWebToken
from smsbridge.serving.login import ProviderLogin
from smsbridge.serving.oauth2 import ProviderClientCredentials
from smsbridge.serving.rest import ProviderRest
from smsbridge.serving.soap import ProviderSoap
from smsbridge.serving.webhooks import event_of, outgoing

__all__ = [
    "Call",
    "ProviderAuth",
    "ProviderAwsSignature",
    "ProviderBasic",
    "ProviderClientCredentials",
    "ProviderCodec",
    "ProviderDigest",
    "ProviderFields",
    "ProviderJsonWebToken",
    "ProviderLogin",
    "ProviderRest",
    "ProviderSoap",
    "ProviderUsernameToken",
    "event_of",
    "outgoing",
    "provider_auth",
    "provider_codec",
]
