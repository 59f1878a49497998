"""The tokens of a door: kept as hashes, for one caller, for an hour."""

from __future__ import annotations

from smsbridge.bridge.doors.tokens import Tokens

from support.bridges import Clock, open_store
from support.stores import Place


def test_a_token_belongs_to_one_caller_and_expires(place: Place) -> None:
    with open_store(place, clock := Clock()) as store:
        tokens = Tokens(store, "shop")
        token = tokens.issue("app")
        assert token in tokens.of("app")
        assert token in Tokens(store, "shop").of("app")
        assert token not in tokens.of("till")
        assert token not in Tokens(store, "other").of("app")
        assert "" not in tokens.of("app")
        clock.seconds += 3601
        assert token not in tokens.of("app")
        tokens.issue("app")
        with store.database.read() as connection:
            kept = connection.exec_driver_sql("SELECT hash FROM tokens").scalars().all()
        assert len(kept) == 1
        assert token not in kept


def test_a_nonce_is_for_anyone_and_is_never_stored(place: Place) -> None:
    with open_store(place) as store:
        tokens = Tokens(store, "shop")
        nonce = tokens.issue("")
        assert nonce in tokens.of("")
        with store.database.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM tokens").scalar() == 0
        assert list(tokens.of("app")) == []
        assert len(tokens.of("app")) == 0
