"""Every gateway against its stand-in, over a socket: what arrives, and what each kind of trouble is taken for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import portal.gateways
from portal.gateways.messages import (
    Channel,
    Fate,
    Gateway,
    GatewayDown,
    NotConfigured,
    Outgoing,
    Refused,
    SendingError,
    TryLater,
    Unclear,
    WrongMessage,
    open_gateway,
)
from portal.gateways.sms.smpp import Smpp
from portal.gateways.zalo import zbs
from portal.standins.web import LOSE_ANSWER, LOSE_REQUEST
from tests.support.messages import Providers, gateway_of, running_providers
from tests.support.servers import wait_for

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)
SMS = ("esms", "speedsms", "vnpt", "viettel", "fpt", "smpp")
GATEWAYS = [(Channel.SMS, name) for name in SMS] + [(Channel.ZALO, "zbs"), (Channel.EMAIL, "smtp")]
PARAMS = {"ma_ho_so": "H37.21-260310-0001", "thu_tuc": "Đăng ký khai sinh", "trang_thai": "Đã tiếp nhận",
          "noi_dung": "ổn"}  # fmt: skip
# A mood of each provider and what it means. What is said is a code of the provider's own.
MOODS: list[tuple[Channel, str, str, type[SendingError]]] = [
    *((Channel.SMS, "esms", code, kind) for kind, codes in (
        (Refused, ("99", "108", "177")), (WrongMessage, ("146", "201")), (GatewayDown, ("101", "103", "143")),
        (TryLater, ("160", "199"))) for code in codes),
    (Channel.SMS, "speedsms", "105", Refused), (Channel.SMS, "speedsms", "113", WrongMessage),
    (Channel.SMS, "speedsms", "300", GatewayDown), (Channel.SMS, "speedsms", "xyz", TryLater),
    (Channel.SMS, "vnpt", "31", WrongMessage), (Channel.SMS, "vnpt", "7", TryLater),
    (Channel.SMS, "viettel", "Check template: CONTENT_NOT_MATCH_TEMPLATE", WrongMessage),
    (Channel.SMS, "viettel", "queue full", TryLater), (Channel.SMS, "fpt", "1", TryLater),
    (Channel.SMS, "smpp", "0x58", TryLater), (Channel.SMS, "smpp", "0x14", TryLater),
    (Channel.SMS, "smpp", "0x0b", Refused),
    (Channel.SMS, "smpp", "0x45", GatewayDown),
    *((Channel.ZALO, "zbs", code, kind) for kind, codes in (
        (Refused, ("-114", "-118", "-141")), (WrongMessage, ("-132", "-1121")), (GatewayDown, ("-135", "-137")),
        (TryLater, ("-100", "-144", "-133"))) for code in codes),
    (Channel.EMAIL, "smtp", "450", TryLater), (Channel.EMAIL, "smtp", "554", WrongMessage),
]  # fmt: skip


@pytest.fixture
def providers() -> Iterator[Providers]:
    with running_providers() as running:
        yield running


def opened(providers: Providers, channel: Channel, name: str) -> Gateway:
    return gateway_of(providers, channel, name, lambda: NOW)


def message(channel: Channel, text: str = "Ho so da duoc tiep nhan.", key: str = "n1-a-260310") -> Outgoing:
    to = "nguoi@nha.example" if channel is Channel.EMAIL else "+84912345678"
    return Outgoing(key, to, text, "Hồ sơ", "100001" if channel is Channel.ZALO else "", PARAMS)


def test_every_file_has_its_test() -> None:
    root = Path(portal.gateways.__file__).parent
    found = [(channel, path.stem) for channel in Channel for path in (root / channel).glob("*.py")]
    files = {(channel, name) for channel, name in found if name != "__init__"}
    assert files == {(channel, name) for channel, name in GATEWAYS}


@pytest.mark.parametrize(("channel", "name"), GATEWAYS)
def test_a_message_arrives(providers: Providers, channel: Channel, name: str) -> None:
    gateway = opened(providers, channel, name)
    accepted = gateway.send(message(channel))
    (arrived,) = providers.all[name].arrived
    assert arrived.to == message(channel).to
    assert ("Ho so da duoc" if channel is not Channel.ZALO else "Đăng ký khai sinh") in arrived.text
    assert accepted.provider_id
    assert gateway.find("n1-a-260310", accepted.provider_id) in (Fate.DELIVERED, Fate.UNKNOWN)


@pytest.mark.parametrize(("channel", "name"), GATEWAYS)
def test_accents_and_long_texts_arrive_whole(providers: Providers, channel: Channel, name: str) -> None:
    text = "Hồ sơ của bạn đang ở bước “Thẩm định” [mã {A}] € ~ " * 6
    opened(providers, channel, name).send(message(channel, text))
    (arrived,) = providers.all[name].arrived
    assert channel is Channel.ZALO or arrived.text.split() == text.split()


@pytest.mark.parametrize(("channel", "name"), GATEWAYS)
def test_nobody_there_is_tried_later(providers: Providers, channel: Channel, name: str) -> None:
    gateway = opened(providers, channel, name)
    providers.close()
    with pytest.raises(TryLater):
        gateway.send(message(channel))


@pytest.mark.parametrize("mood", [LOSE_ANSWER, LOSE_REQUEST])
@pytest.mark.parametrize(("channel", "name"), [one for one in GATEWAYS if one[1] != "smtp"])
def test_a_lost_answer_is_unclear(providers: Providers, channel: Channel, name: str, mood: str) -> None:
    gateway = opened(providers, channel, name)
    providers.all[name].mood = lambda: mood
    with pytest.raises(Unclear):
        gateway.send(message(channel))
    assert len(providers.all[name].arrived) == (mood == LOSE_ANSWER)


@pytest.mark.parametrize(("channel", "name", "mood", "kind"), MOODS)
def test_what_each_code_means(providers: Providers, channel: Channel, name: str, mood: str, kind: type) -> None:
    gateway = opened(providers, channel, name)
    providers.all[name].mood = lambda: mood
    with pytest.raises(SendingError) as raised:
        gateway.send(message(channel))
    assert type(raised.value) is kind
    assert "tiep nhan" not in raised.value.code and "912345678" not in raised.value.code


@pytest.mark.parametrize("name", [name for name in SMS if name != "smpp"])
@pytest.mark.parametrize(("status", "kind"), [("503", Unclear), ("429", TryLater), ("403", GatewayDown)])
def test_errors_of_http(providers: Providers, name: str, status: str, kind: type) -> None:
    gateway = opened(providers, Channel.SMS, name)
    providers.all[name].mood = lambda: status
    with pytest.raises(kind):
        gateway.send(message(Channel.SMS))


def test_esms_drops_doubles(providers: Providers) -> None:
    gateway = opened(providers, Channel.SMS, "esms")
    assert gateway.drops_doubles
    moods = iter([LOSE_ANSWER])
    providers.esms.mood = lambda: next(moods, "answer")
    with pytest.raises(Unclear):
        gateway.send(message(Channel.SMS))
    gateway.send(message(Channel.SMS))
    assert (len(providers.esms.arrived), len(providers.esms.asked)) == (1, 2)


def test_wrong_accounts(providers: Providers) -> None:
    secrets = {"speedsms": "SMS_SPEEDSMS_TOKEN", "fpt": "SMS_FPT_CLIENT_SECRET", "smpp": "SMS_SMPP_PASSWORD"}
    for name, variable in secrets.items():
        gateway = open_gateway(Channel.SMS, name, providers.environment | {variable: "sai"})
        providers.gateways.append(gateway)
        with pytest.raises(GatewayDown):
            gateway.send(message(Channel.SMS))


@pytest.mark.parametrize(("channel", "name"), GATEWAYS)
def test_what_is_missing_is_named(providers: Providers, channel: Channel, name: str) -> None:
    with pytest.raises(NotConfigured) as raised:
        open_gateway(channel, name, {})
    assert f"{channel.upper()}_{name.upper()}_" in str(raised.value)


@pytest.mark.parametrize("name", ["khong_co", "../esms", "", "__init__"])
def test_gateways_that_there_are_not(name: str) -> None:
    with pytest.raises(NotConfigured):
        open_gateway(Channel.SMS, name, {})


def test_zalo_parameters_are_checked_before_sending(providers: Providers) -> None:
    gateway = opened(providers, Channel.ZALO, "zbs")
    for params in ({**PARAMS, "ma_ho_so": "x" * 31}, {"ma_ho_so": "1"}):
        with pytest.raises(WrongMessage):
            gateway.send(Outgoing("k", "+84912345678", "", template="100001", params=params))
    assert providers.zalo.arrived == []


def test_zalo_has_no_quota_left(providers: Providers) -> None:
    gateway = opened(providers, Channel.ZALO, "zbs")
    assert isinstance(gateway, zbs.Zbs)
    providers.zalo.quota = 1
    gateway.send(message(Channel.ZALO))
    for _ in range(2):  # it has said so with the last one: it is not asked again today
        with pytest.raises(TryLater) as refused:
            gateway.send(message(Channel.ZALO, key="n2-a-260310"))
        assert refused.value.after_seconds == 15 * 3600  # until midnight in Lạng Sơn
    providers.zalo.quota = 5
    gateway.now = lambda: NOW + timedelta(hours=15)
    gateway.send(message(Channel.ZALO, key="n3-a-260310"))
    assert len(providers.zalo.arrived) == 2


def test_zalo_answers_who_has_written(providers: Providers) -> None:
    gateway = opened(providers, Channel.ZALO, "zbs")
    with pytest.raises(Refused):  # nobody with this number has written
        gateway.send(Outgoing("r1", "uid:4711", "Hồ sơ …"))
    providers.zalo.write("4711", "alo")
    assert gateway.send(Outgoing("r1", "uid:4711", "Hồ sơ …")).provider_id
    assert [(sent.to, sent.text) for sent in providers.zalo.arrived] == [("uid:4711", "Hồ sơ …")]


def test_a_token_that_is_over_is_renewed_once(providers: Providers) -> None:
    gateway = opened(providers, Channel.ZALO, "zbs")
    providers.zalo.end_access()
    gateway.send(message(Channel.ZALO))
    gateway.send(message(Channel.ZALO, key="n2-a-260310"))
    assert (len(providers.zalo.arrived), providers.zalo.renewals) == (2, 1)


def test_tokens_are_renewed_before_they_end(providers: Providers) -> None:
    gateway = opened(providers, Channel.ZALO, "zbs")
    assert isinstance(gateway, zbs.Zbs)
    gateway.renew_if_due()
    assert providers.zalo.renewals == 0
    gateway.now = lambda: NOW + timedelta(hours=21)
    gateway.renew_if_due()
    assert providers.zalo.renewals == 1


def test_a_used_refresh_token_stops_the_gateway(providers: Providers) -> None:
    gateway = opened(providers, Channel.ZALO, "zbs")
    assert isinstance(gateway, zbs.Zbs) and gateway.tokens is not None
    old = gateway.tokens.read()
    providers.zalo.end_access()
    gateway.send(message(Channel.ZALO))
    gateway.tokens.pair = old  # type: ignore[attr-defined]
    providers.zalo.end_access()
    with pytest.raises(GatewayDown):
        gateway.send(message(Channel.ZALO))


def test_receipts_and_messages_of_the_smsc(providers: Providers) -> None:
    gateway = opened(providers, Channel.SMS, "smpp")
    assert isinstance(gateway, Smpp)
    receipts, texts, goes_on = [], [], [True]

    def listen() -> None:
        try:
            gateway.listen(lambda number, fate: receipts.append((number, fate)),
                           lambda phone, text: texts.append((phone, text)), lambda: goes_on[0])  # fmt: skip
        except Exception:  # the line is cut at the end of the test
            return

    threading.Thread(target=listen, daemon=True).start()
    wait_for(lambda: bool(providers.smsc._receivers), "a receiver")
    number = gateway.send(message(Channel.SMS)).provider_id
    providers.smsc.text_from("+84911222333", "dừng")
    wait_for(lambda: bool(receipts and texts), "both")
    assert receipts == [(number, Fate.DELIVERED)]
    assert texts == [("+84911222333", "dừng")]


def test_signatures_of_zalo() -> None:
    import hashlib

    raw, now = b'{"event_name":"x"}', time.time()
    stamp = str(int(now * 1000))
    mac = hashlib.sha256(b"app" + raw + stamp.encode() + b"secret").hexdigest()
    assert zbs.is_genuine(raw, f"mac={mac}", [stamp], "app", "secret")
    assert zbs.is_genuine(raw, mac, ["", stamp], "app", "secret")
    other = str(int(stamp) + 1)
    for changed in ((raw + b" ", mac, stamp), (raw, "0" * 64, stamp), (raw, mac, other), (raw, "", stamp)):
        assert not zbs.is_genuine(changed[0], changed[1], [changed[2]], "app", "secret")
    assert not zbs.is_genuine(raw, mac, [stamp], "app", "secret", now + 700)
    assert not zbs.is_genuine(raw, mac, ["x"], "app", "secret")
