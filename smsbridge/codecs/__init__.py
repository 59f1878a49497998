"""Wire formats: REST and SOAP."""
