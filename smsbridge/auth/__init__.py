"""How a call is authenticated."""

from smsbridge.auth.schemes import (
    Basic,
    ClientCredentials,
    Digest,
    Fields,
    Login,
    UsernameToken,
)

__all__ = ["Basic", "ClientCredentials", "Digest", "Fields", "Login", "UsernameToken"]
