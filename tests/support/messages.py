"""The providers of messages as stand-ins, and gateways and a sender that talk to them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.base.db import Database
from portal.gateways.messages import Channel, Gateway, open_gateway
from portal.gateways.zalo.zbs import TokenPair, Zbs
from portal.notifications.policy import Policy
from portal.notifications.routes import Routes
from portal.notifications.sending import Sender
from portal.notifications.tokens import SealedTokens
from portal.standins.esms import Esms
from portal.standins.mail import Mail
from portal.standins.sms_providers import Fpt, SpeedSms, Viettel, Vnpt
from portal.standins.smsc import Smsc
from portal.standins.web import Provider, Web
from portal.standins.zalo import Zalo

VNPT = ("LABEL_ID", "CONTRACT_ID", "TEMPLATE_ID", "AGENT_ID", "API_USER", "API_PASSWORD", "USER_NAME")


class Providers:
    """All of them, on loopback, by the names of their gateways."""

    def __init__(self) -> None:
        self.web, self._is_closed = Web(), False
        self.gateways: list[Gateway] = []
        self.zalo, self.esms = Zalo(self.web), Esms(self.web)
        self.smsc, self.mail = Smsc(), Mail()
        self.all: dict[str, Provider] = {
            "zbs": self.zalo, "esms": self.esms, "smpp": self.smsc, "smtp": self.mail, "speedsms": SpeedSms(self.web),
            "vnpt": Vnpt(self.web), "viettel": Viettel(self.web), "fpt": Fpt(self.web),
        }  # fmt: skip

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which gateways find them."""
        url = self.web.url
        return {
            "SMS_ESMS_URL": self.esms.url, "SMS_ESMS_API_KEY": "k", "SMS_ESMS_SECRET_KEY": "s",
            "SMS_ESMS_BRANDNAME": "LANGSON", "SMS_SPEEDSMS_URL": f"{url}/speedsms", "SMS_SPEEDSMS_TOKEN": "t",
            "SMS_SPEEDSMS_SENDER": "LANGSON", "SMS_VNPT_URL": f"{url}/vnpt", **{f"SMS_VNPT_{n}": "1" for n in VNPT},
            "SMS_VIETTEL_URL": f"{url}/viettel", "SMS_VIETTEL_USER": "u", "SMS_VIETTEL_PASSWORD": "p",
            "SMS_VIETTEL_CP_CODE": "c", "SMS_VIETTEL_BRANDNAME": "LANGSON", "SMS_FPT_URL": f"{url}/fpt",
            "SMS_FPT_CLIENT_ID": "i", "SMS_FPT_CLIENT_SECRET": "s", "SMS_FPT_BRANDNAME": "LANGSON",
            "SMS_SMPP_HOST": "127.0.0.1", "SMS_SMPP_PORT": str(self.smsc.port), "SMS_SMPP_SYSTEM_ID": "thu",
            "SMS_SMPP_PASSWORD": "dungthu", "SMS_SMPP_SENDER": "LANGSON", "EMAIL_SMTP_HOST": "127.0.0.1",
            "EMAIL_SMTP_PORT": str(self.mail.port), "EMAIL_SMTP_SENDER": "cong@langson.example",
            "ZALO_ZBS_URL": self.zalo.url, "ZALO_ZBS_OAUTH_URL": self.zalo.oauth_url,
            "ZALO_ZBS_OA_URL": self.zalo.oa_url, "ZALO_ZBS_CODE_VERIFIER": "v", "ZALO_ZBS_APP_ID": "1234567890",
            "ZALO_ZBS_APP_SECRET": "s", "ZALO_ZBS_OA_SECRET": "o",
        }  # fmt: skip

    def close(self) -> None:
        """Stop listening."""
        if self._is_closed:
            return
        self._is_closed = True
        for gateway in self.gateways:
            gateway.close()
        self.web.close()
        self.smsc.close()
        self.mail.close()


@contextmanager
def running_providers() -> Iterator[Providers]:
    """The stand-ins until the end of the block."""
    providers = Providers()
    yield providers
    providers.close()


@dataclass
class KeptTokens:
    """A pair of tokens in memory, for tests of the client alone."""

    pair: TokenPair | None = None
    kept: list[TokenPair] = field(default_factory=list)

    def read(self) -> TokenPair | None:
        return self.pair

    @contextmanager
    def locked(self) -> Iterator[Callable[[TokenPair], None]]:
        def keep(pair: TokenPair) -> None:
            self.pair = pair
            self.kept.append(pair)

        yield keep


def gateway_of(providers: Providers, channel: Channel, name: str, now: Callable[[], datetime]) -> Gateway:
    """A gateway that talks to its stand-in; Zalo has a consent."""
    gateway = open_gateway(channel, name, providers.environment)
    providers.gateways.append(gateway)
    if isinstance(gateway, Zbs):
        access, refresh = providers.zalo.consent()
        gateway.now, gateway.tokens = now, KeptTokens(TokenPair(access, refresh, now() + timedelta(hours=25)))
    return gateway


def sender_of(
    database: Database, providers: Providers, now: Callable[[], datetime], *, zalo: bool = False,
    sms: tuple[str, ...] = ("esms",), email: bool = False, policy: Policy | None = None, seed: int = 1,
) -> Sender:  # fmt: skip
    """A sender over these gateways, each with the same weight."""
    names = {Channel.ZALO: ("zbs",) if zalo else (), Channel.SMS: sms, Channel.EMAIL: ("smtp",) if email else ()}
    gateways = {
        channel: {name: (gateway_of(providers, channel, name, now), 1.0) for name in chosen}
        for channel, chosen in names.items()
    }
    for gateway, _ in gateways[Channel.ZALO].values():
        assert isinstance(gateway, Zbs) and gateway.tokens is not None
        pair = gateway.tokens.read()
        assert pair is not None
        gateway.tokens = SealedTokens(database, "zbs", "secret", now)
        gateway.tokens.keep(pair)
    policy = policy or Policy(quiet=None, zalo_template="100001", base_url="http://cong.example")
    routes = Routes(gateways)
    return Sender(
        database, routes, policy.only(routes.channels()), now, lambda session, code: f"Ma: {code}", random.Random(seed)
    )
