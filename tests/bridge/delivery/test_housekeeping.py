"""Lookups and clearing, by one process at a time."""

from __future__ import annotations

import time

from smsbridge.bridge.delivery.housekeeping import Housekeeping
from smsbridge.bridge.delivery.lookup import Lookup
from smsbridge.bridge.store.stored_message import End, State

from support.bridges import SECONDS, Clock, claim, open_store, put
from support.deliveries import Deliveries
from support.stores import Place


def housekeeping(deliveries: Deliveries) -> Housekeeping:
    lookup = Lookup(queue=deliveries.queue, clients=deliveries.clients, rules={}, waits=())
    return Housekeeping(deliveries.queue, lookup, 60.0, deliveries.ends.append)


def test_what_is_unknown_is_looked_up_and_what_is_old_is_cleared(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        deliveries = Deliveries(store)
        old = put(store, "Old")
        store.move(old, End(state=State.CANCELLED), "person Ann")
        clock.seconds += 100
        put(store, "New")
        claimed = claim(store)
        assert claimed is not None
        store.move(claimed, End(state=State.UNKNOWN, due=clock()), "worker 1")
        keeping = housekeeping(deliveries)
        keeping.start()
        deliveries.until(lambda: len(deliveries.ends) == 1)
        assert keeping.stop(SECONDS)
        assert deliveries.ends[0].id == claimed.id
        assert [one.text for one in store.list_messages()] == ["New", None]


def test_what_is_unknown_is_looked_up_though_the_clock_was_set_back(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        deliveries = Deliveries(store)
        for text, wait in (("Now", 0), ("Later", 600)):
            put(store, text)
            claimed = claim(store)
            assert claimed is not None
            store.move(claimed, End(state=State.UNKNOWN, due=clock() + wait), "worker 1")
        keeping = housekeeping(deliveries)
        keeping.start()
        deliveries.until(lambda: len(deliveries.ends) == 1)
        clock.seconds -= 86_400
        deliveries.until(lambda: len(deliveries.ends) == 2)
        assert keeping.stop(SECONDS)
        assert [one.text for one in deliveries.ends] == ["Now", "Later"]


def test_it_waits_while_another_process_does_it(place: Place) -> None:
    if place.server is None:
        return  # nobody else does
    with open_store(place, clock := Clock()) as store:
        deliveries = Deliveries(store)
        put(store)
        claimed = claim(store)
        assert claimed is not None
        store.move(claimed, End(state=State.UNKNOWN, due=clock()), "worker 1")
        keeping = housekeeping(deliveries)
        with store.database.alone("housekeeping", 60):
            keeping.start()
            time.sleep(0.8)
            assert store.list_messages()[0].looked_up == 0
        deliveries.until(lambda: len(deliveries.ends) == 1)
        assert keeping.stop(SECONDS)
