"""How what is stored gets sent: claimed, handed over, looked up."""
