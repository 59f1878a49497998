"""Receivers of what a bridge tells its callers: real sockets on loopback, which keep what came."""

from __future__ import annotations

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8G"
