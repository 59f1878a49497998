"""A shop that tells its customers about their parcels. It names no provider and no protocol."""

import os
import sys
from datetime import UTC, datetime, timedelta

from smsbridge import Client, NotSent, OutcomeUnknown, Rejected


def tell(sms: Client, number: str, text: str, order: str) -> tuple[str, str | None]:
    """Send a text about an order; return what became of it, and the provider's id."""
    try:
        submission = sms.send(number, text, reference=order)
    except Rejected as error:
        return f"refused: {error.reason}", None
    except NotSent as error:
        return ("not sent: try later" if error.retry else "not sent: mend the config"), None
    except OutcomeUnknown:
        return "unknown: look it up before any repeat", None
    return "taken", submission.id


def main(number: str, text: str, order: str) -> None:
    """Tell a customer, then ask where the message stands and what has come in."""
    with Client.from_config(os.environ.get("SHOP_SMS")) as sms:
        outcome, known = tell(sms, number, text, order)
        print(order, outcome)
        if known:
            print(order, sms.status(known).status)
        for row in sms.received(after=datetime.now(UTC) - timedelta(days=1)):
            print("reply from", row.sender, row.text)


if __name__ == "__main__":
    main(*sys.argv[1:])
