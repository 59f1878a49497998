"""A provider's table: templates, paths, operations, and what an answer proves."""

from smsbridge.mapping.operation import Operation, Protocol, Question
from smsbridge.mapping.words import When

__all__ = ["Operation", "Protocol", "Question", "When"]
