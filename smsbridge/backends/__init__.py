"""The backends that ship, each a provider's table, and what your own backend is made of."""

from smsbridge.backends.base import Backend, backend

__all__ = ["Backend", "backend"]
