"""`python -m workers.smsc`: hears what an SMSC has to say: receipts of what was sent, and messages from phones.

Needed only where `smpp` is among the SMS gateways. Kill it at any moment: the SMSC keeps what was not acknowledged.
"""

from __future__ import annotations

import hashlib
import signal
import sys
import time
from types import FrameType

from config import Settings
from portal.base import logs
from portal.base.clock import now
from portal.base.db import Database
from portal.cases import incoming
from portal.gateways.messages import Channel, Fate, SendingError
from portal.gateways.sms.smpp import Smpp
from portal.notifications.policy import policy_from
from portal.notifications.receipts import receive_receipt
from portal.notifications.routes import routes_from

_log = logs.logger(__name__)
_REST = 3.0


def run(settings: Settings) -> None:
    """Listen for ever; a lost connection is made anew."""
    gateway = routes_from(settings.gateways).gateway(Channel.SMS, "smpp")
    if not isinstance(gateway, Smpp):
        return
    database, policy = Database(settings.database_url, pool_size=1), policy_from(settings.gateways)

    def on_receipt(provider_id: str, fate: Fate) -> None:
        with database.unit_of_work() as session:
            receive_receipt(session, Channel.SMS, "smpp", provider_id, None, fate, policy, now())

    def on_message(phone: str, text: str) -> None:
        # The SMSC gives no number to what it delivers: the same text of the same phone in the same minute is one.
        number = hashlib.sha256(f"{phone}:{text}:{now():%y%m%d%H%M}".encode()).hexdigest()[:32]
        with database.unit_of_work() as session:
            incoming.take(session, "smpp", number, incoming.phone_asker(phone), text[:500], policy, now())

    while True:
        try:
            gateway.listen(on_receipt, on_message, lambda: True)
        except SendingError as error:
            _log.warning("smsc_not_heard", code=error.code)
        except Exception as error:
            _log.warning("smsc_interrupted", error=type(error).__name__)
        time.sleep(_REST)


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    configured = Settings.from_env()
    logs.configure(configured.log_level)
    run(configured)
