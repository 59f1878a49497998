"""SOAP by a WSDL."""
