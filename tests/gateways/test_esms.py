"""eSMS, spoken to over a socket in its own words."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from portal.gateways.sms import Sms, SmsFailed, SmsRejected
from portal.gateways.sms.esms import Esms
from portal.standins.esms import ANSWER, LOSE_ANSWER, EsmsStandIn

SMS = Sms("notice-1", "+84912345678", "Hồ sơ đã được gửi.")


@pytest.fixture
def standin() -> Iterator[EsmsStandIn]:
    running = EsmsStandIn()
    yield running
    running.close()


@pytest.fixture
def esms(standin: EsmsStandIn) -> Esms:
    return Esms(standin.url, "key", "secret", "LANGSON")


def test_a_message_goes_out_as_esms_wants_it(standin: EsmsStandIn, esms: Esms) -> None:
    esms.send(SMS)
    assert standin.messages == {
        "notice-1": {"ApiKey": "key", "SecretKey": "secret", "Phone": "0912345678", "Content": "Hồ sơ đã được gửi.",
                     "Brandname": "LANGSON", "SmsType": "2", "IsUnicode": "1", "RequestId": "notice-1"}
    }  # fmt: skip
    esms.send(Sms("notice-2", "+84912345678", "Ho so"))
    assert standin.messages["notice-2"]["IsUnicode"] == "0"


def test_the_same_message_again_is_sent_once_and_is_no_error(standin: EsmsStandIn, esms: Esms) -> None:
    for _ in range(3):
        esms.send(SMS)
    assert (len(standin.messages), len(standin.asked)) == (1, 3)


def test_a_lost_answer_is_tried_again_and_sent_once(standin: EsmsStandIn, esms: Esms) -> None:
    moods = iter([LOSE_ANSWER, ANSWER])
    standin.mood = lambda: next(moods)
    with pytest.raises(SmsFailed):
        esms.send(SMS)
    esms.send(SMS)
    assert len(standin.messages) == 1


@pytest.mark.parametrize("code", ["99", "108", "146", "177", "201"])
def test_what_is_refused_for_good_is_not_tried_again(standin: EsmsStandIn, esms: Esms, code: str) -> None:
    standin.mood = lambda: code
    with pytest.raises(SmsRejected, match=code):
        esms.send(SMS)


@pytest.mark.parametrize("code", ["101", "103", "140", "143", "160", "199", "?"])
def test_what_may_be_mended_is_tried_again(standin: EsmsStandIn, esms: Esms, code: str) -> None:
    standin.mood = lambda: code
    with pytest.raises(SmsFailed):
        esms.send(SMS)


def test_nobody_there_or_a_wrong_address_is_a_failure(standin: EsmsStandIn, esms: Esms) -> None:
    with pytest.raises(SmsFailed):
        Esms(standin.url + "/khac", "key", "secret", "LANGSON").send(SMS)
    standin.close()
    with pytest.raises(SmsFailed):
        esms.send(SMS)
