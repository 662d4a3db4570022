"""`python -m portal.standins`: the outside systems of a trial, where the portal looks for them."""

from __future__ import annotations

import signal
import threading

from redis import Redis
from redis.exceptions import RedisError

from config import Settings
from portal.base.clock import local_day, now
from portal.base.db import Database
from portal.base.logs import configure, logger
from portal.exchange import edxml
from portal.notifications.tokens import SealedTokens
from portal.runtime.trial_keys import PHONE_NAME, PHONE_PERSON, open_authority
from portal.standins.authority import AuthorityWeb
from portal.standins.axis import Axis
from portal.standins.esms import Esms
from portal.standins.mail import Mail
from portal.standins.national_payments import NationalPayments
from portal.standins.phone import Arrived, TestPhone
from portal.standins.signing_phones import MySign, PhonePage, Phones, SmartCa
from portal.standins.smsc import Smsc
from portal.standins.vnpay import Vnpay
from portal.standins.vnpost import VnPost
from portal.standins.vnpt_receipts import VnptReceipts
from portal.standins.web import Web
from portal.standins.zalo import Zalo, consent_to

_log = logger(__name__)
# The ward of the demonstration, and a page for it from elsewhere.
_TRIAL_ORGAN = "H37.21"
_TRIAL_PAPER = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def main() -> None:
    """Play until told to stop."""
    settings = Settings.from_env()
    configure(settings.log_level)
    env = settings.gateways
    phone = TestPhone(Redis.from_url(settings.redis_url))

    def show(arrived: Arrived) -> None:
        try:
            phone.put(arrived)
        except RedisError as error:  # it is not our store that counts
            _log.warning("not_shown", error=type(error).__name__)

    web = Web(settings.standins_port)
    zalo = Zalo(web, env["ZALO_ZBS_APP_ID"], env["ZALO_ZBS_APP_SECRET"], env["ZALO_ZBS_OA_SECRET"])
    zalo.webhook = f"{settings.local_url}/nhan/zalo"
    zalo.quota = 1_000_000
    # Every tenth phone has no Zalo, so that the way to SMS is seen as well.
    zalo.has_zalo = lambda number: not number.endswith("0")
    notify = f"{settings.local_url}/nhan/thanh-toan"
    Vnpay(web, env["PAY_VNPAY_TMN_CODE"], env["PAY_VNPAY_HASH_SECRET"], f"{notify}/vnpay")
    NationalPayments(web, env["PAY_NATIONAL_PARTNER"], env["PAY_NATIONAL_SECRET"], f"{notify}/national",
                     f"{settings.base_url}/nop-tien/ve/national")  # fmt: skip
    VnptReceipts(web, env["RECEIPT_VNPT_ACCOUNT"], env["RECEIPT_VNPT_ACPASS"])
    authority = open_authority(settings)
    AuthorityWeb(web, authority)
    phones = Phones(authority)
    phones.enrol(PHONE_PERSON, PHONE_NAME)
    SmartCa(web, phones)
    MySign(web, phones)
    PhonePage(web, phones)
    VnPost(web, env["POST_VNPOST_KEY"], env["POST_VNPOST_SECRET"], moves=True)
    axis = Axis(web, env["AXIS_BRIDGE_TOKEN"])
    axis.send_paper(edxml.Organ(_TRIAL_ORGAN, "Ủy ban nhân dân phường Tam Thanh"), "12", "Về việc phối hợp thử nghiệm",
                    local_day(now()), _TRIAL_PAPER)  # fmt: skip
    for provider in (zalo, Esms(web), Smsc(settings.standins_port + 1, env["SMS_SMPP_PASSWORD"]),
                     Mail(settings.standins_port + 2)):  # fmt: skip
        provider.show = show
    consent_to(zalo, SealedTokens(Database(settings.database_url, pool_size=1), "zbs", settings.secret_key, now), now())
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    stop.wait()


if __name__ == "__main__":
    main()
