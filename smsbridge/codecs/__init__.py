"""Wire formats: REST and SOAP."""

from smsbridge.codecs.rest import Rest
from smsbridge.codecs.soap.codec import Soap

__all__ = ["Rest", "Soap"]
