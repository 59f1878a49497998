"""Any SOAP service from its WSDL, by a block of config: no Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from smsbridge.backends.tables.base import BlockBackend
from smsbridge.backends.tables.block import Block
from smsbridge.backends.tables.check_wsdl import hold_to
from smsbridge.backends.tables.reader import Reader
from smsbridge.codecs.soap.codec import Soap, endpoint, is_url
from smsbridge.codecs.soap.inner import JSON_PART, XML_PART
from smsbridge.errors import ConfigError
from smsbridge.http.exchange import Broken, Left

if TYPE_CHECKING:
    from smsbridge.http.exchange import Exchange, Session

_HELD = "held"


class SoapBlock(BlockBackend):
    """A block with ``wsdl``, and of what each operation says and means: ``[backends.x.send]``."""

    name = "soap"
    kind = "soap"
    own_keys = ("port", JSON_PART, XML_PART)

    @classmethod
    def reader(cls, own: Mapping[str, Any]) -> Reader:
        """Return a reader of tables whose calls are operations."""
        block = Block(own)
        parts = {key: block.path(key) for key in (JSON_PART, XML_PART) if key in own}
        if len(parts) > 1:
            block.fail(f"give it, or {JSON_PART}, and not both", XML_PART)
        return Reader(Soap(port=own.get("port", ""), **parts), soap=True)

    def check(self) -> None:
        """Hold the tables to the WSDL; one at an address is held when it was fetched."""
        if not self.wsdl:
            raise ConfigError("wsdl: give the path or the address of the WSDL", ("wsdl",))
        super().check()
        protocol = self.protocols[self.protocol]
        if is_url(self.wsdl):
            self.with_tls(self.wsdl, ("wsdl",))
        elif isinstance(protocol.codec, Soap):
            contract = protocol.codec.contract(self.site())
            self.with_tls(endpoint(self.site(), contract), ("wsdl",))
            hold_to(contract, protocol, self.credentials(), protocol.codec.inner)

    def ready(self, session: Session) -> Exchange[None]:
        """Fetch a WSDL that is at an address, and hold the tables to it; once in a session."""
        protocol = self.protocols[self.protocol]
        if not is_url(self.wsdl) or _HELD in session.kept or not isinstance(protocol.codec, Soap):
            return
        contract = yield from protocol.codec.contract_of(self.site(), session)
        try:
            hold_to(contract, protocol, self.credentials(), protocol.codec.inner)
        except ConfigError as error:  # the WSDL was fetched: that was I/O
            raise Broken(Left.NOTHING, str(error), retry=False) from None
        session.kept[_HELD] = True
