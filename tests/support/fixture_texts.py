"""Fixtures as text, for tests that read, check or play them."""

FIXTURE_HEAD = """\
smsbridge-fixture: 1
id: shop/one
title: One
provenance: {source: ASSUMED, evidence: made up for a test, date: "2026-11-22"}
interactions:
"""
GOOD = """\
smsbridge-fixture: 1
id: smsmobileapi/one
title: One
provenance: {source: DOC, evidence: a test, date: "2026-11-23", review-after: 180d}
interactions:
  - {id: a, call: {operation: send}, reply: {}}
"""
BREAKS = """\
smsbridge-fixture: 1
id: shop/breaks
title: The wire breaks
provenance: {source: ASSUMED, evidence: made up for a test, date: "2026-11-22"}
interactions:
  - id: breaks
    call: {operation: send}
    response: {fault: %s}
"""
"""Its answer is the fault that takes the place of ``%s``."""
