"""SOAP contracts, read as data: ``importlib.resources.files("smsbridge.wsdl")``."""
