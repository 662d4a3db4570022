"""VNPost by way of the province's exchange platform (LGSP): a token, then orders and tracking as JSON.

`POST_VNPOST_TOKEN_URL`, `POST_VNPOST_KEY`, `POST_VNPOST_SECRET`; `POST_VNPOST_URL`, `POST_VNPOST_CUSTOMER`. VNPost has
its own numbers of provinces and districts: `POST_VNPOST_PROVINCE`, `POST_VNPOST_DISTRICT`. Which words of its tracking
mean what is not published: `POST_VNPOST_STATES` maps its codes, "10:under_way,20:delivered,30:returned".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.gateways.http import Line, OverHttp
from portal.gateways.messages import GatewayDown, NotConfigured, Unclear, WrongMessage
from portal.gateways.posting import Address, Carried, PostOrder, Tracked, Way

_OK = "100"
_FLAGS = {Way.COLLECT: 1, Way.RETURN: 2}
_STATES = "00:ordered,10:under_way,20:delivered,30:returned"


class VnPost(OverHttp):
    """The account of the province."""

    name = "vnpost"

    def __init__(self, env: Mapping[str, str]):
        self._url, self._token_url = env["POST_VNPOST_URL"].rstrip("/"), env["POST_VNPOST_TOKEN_URL"]
        self._key = (env.get("POST_VNPOST_KEY", ""), env.get("POST_VNPOST_SECRET", ""))
        self._customer = env.get("POST_VNPOST_CUSTOMER", "")
        self._place = int(env.get("POST_VNPOST_PROVINCE", "24")), int(env.get("POST_VNPOST_DISTRICT", "0"))
        pairs = (pair.split(":") for pair in env.get("POST_VNPOST_STATES", _STATES).split(","))
        self._states = {code.strip(): Carried(meaning.strip()) for code, meaning in pairs}
        self._line = Line(self.name)

    def order(self, order: PostOrder) -> str:
        """Give an order under our key."""
        said = {
            "CustomerCode": self._customer, "OrderNumber": order.key, "CODAmount": order.cod_vnd,
            "FlagConfig": _FLAGS[order.way], "Description": order.about, "SenderDesc": order.about,
            **self._about("Sender", order.sender), **self._about("Receiver", order.receiver),
        }  # fmt: skip
        answer = self._ask("orderPost", said)
        return str(answer.get("ItemCode") or order.key)

    def track(self, key: str) -> Tracked:
        """Where the papers are."""
        answer = self._ask("orderTracking", {"CustomerCode": self._customer, "OrderNumber": key})
        code = str(answer.get("StatusCode", ""))
        return Tracked(self._states.get(code), str(answer.get("StatusMessage", ""))[:200])

    def cancel(self, key: str) -> None:
        """Call it off."""
        self._ask("orderCancel", {"CustomerCode": self._customer, "OrderNumber": key})

    def _about(self, who: str, address: Address) -> dict[str, Any]:
        province, district = self._place
        return {
            f"{who}Name": address.name, f"{who}Tel": address.phone, f"{who}Email": "",
            f"{who}Address": f"{address.street}, {address.commune}", f"{who}Province": province,
            f"{who}District": district,
        }  # fmt: skip

    def _ask(self, name: str, said: dict[str, Any]) -> dict[str, Any]:
        token = self._line.json("POST", self._token_url, data={"grant_type": "client_credentials"}, auth=self._key)
        if not token.get("access_token"):
            raise GatewayDown("vnpost token")
        answer = self._line.json("POST", f"{self._url}/{name}", json=said,
                                 headers={"access_token": str(token["access_token"])})  # fmt: skip
        status = str(answer.get("Status", ""))
        if not status:
            raise Unclear("vnpost no status")
        if status != _OK:
            raise WrongMessage(f"vnpost {status}")
        return answer


def open_post(env: Mapping[str, str]) -> VnPost:
    """The account that the settings name."""
    if not env.get("POST_VNPOST_URL") or not env.get("POST_VNPOST_TOKEN_URL"):
        raise NotConfigured("POST_VNPOST_URL, POST_VNPOST_TOKEN_URL: chưa đủ")
    return VnPost(env)
