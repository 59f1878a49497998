"""For tests: a mock provider, fixtures and the contract that every backend owes."""
