"""Plays VNPost behind the exchange platform: tokens, orders by their number once, tracking that moves on."""

from __future__ import annotations

import base64
import json
from typing import Any

from portal.standins.web import Answer, Asked, Provider, Web, in_mood

_STATES = {"ordered": ("00", "Đã nhận đơn"), "under_way": ("10", "Đang vận chuyển"),
           "delivered": ("20", "Phát thành công"), "returned": ("30", "Phát không được, chuyển hoàn")}  # fmt: skip


class VnPost(Provider):
    """`orders` by our number; `states` says how far each is, and `moves` that each question moves it on."""

    def __init__(self, web: Web, key: str = "thu-nghiem", secret: str = "thu-nghiem", *, moves: bool = False):  # noqa: S107
        super().__init__("vnpost")
        self._basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
        self.moves = moves
        self.orders: dict[str, dict[str, Any]] = {}
        self.states: dict[str, str] = {}
        self.url = f"{web.url}/vnpost"
        web.paths[("POST", "/vnpost/token")] = self._token
        web.paths[("POST", "/vnpost/orderPost")] = lambda asked: self._said(asked, self._order)
        web.paths[("POST", "/vnpost/orderTracking")] = lambda asked: self._said(asked, self._track)
        web.paths[("POST", "/vnpost/orderCancel")] = lambda asked: self._said(asked, self._cancel)

    def _token(self, asked: Asked) -> Answer:
        if asked.headers.get("Authorization") != f"Basic {self._basic}":
            return Answer(b"{}", 401)
        return _json({"access_token": "ve-vao", "expires_in": 3600})

    def _said(self, asked: Asked, handle: Any) -> Answer | None:
        if asked.headers.get("access_token") != "ve-vao":
            return Answer(b"{}", 401)
        said = json.loads(asked.body)
        return in_mood(self, lambda: _json(handle(said)), lambda code: _json({"Status": code, "Message": "refused"}))

    def _order(self, said: dict[str, Any]) -> dict[str, Any]:
        number = said["OrderNumber"]
        self.orders.setdefault(number, said)
        self.states.setdefault(number, "ordered")
        return {"Status": "100", "Message": "", "ItemCode": f"EH{list(self.orders).index(number) + 1:09}VN"}

    def _track(self, said: dict[str, Any]) -> dict[str, Any]:
        number = said["OrderNumber"]
        if number not in self.orders:
            return {"Status": "404", "Message": "not found"}
        code, text = _STATES[self.states[number]]
        if self.moves and self.states[number] in ("ordered", "under_way"):
            self.states[number] = "under_way" if self.states[number] == "ordered" else "delivered"
        return {"Status": "100", "StatusCode": code, "StatusMessage": text}

    def _cancel(self, said: dict[str, Any]) -> dict[str, Any]:
        self.orders.pop(said["OrderNumber"], None)
        return {"Status": "100", "Message": ""}


def _json(content: Any) -> Answer:
    return Answer(json.dumps(content).encode())
