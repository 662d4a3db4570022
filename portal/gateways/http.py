"""Talking to providers over HTTP: what happened on the line as one of the errors that sending knows."""

from __future__ import annotations

import json
from typing import Any

import requests
from urllib3.exceptions import NewConnectionError

from portal.gateways.messages import GatewayDown, TryLater, Unclear

_CONNECT_SECONDS, _ANSWER_SECONDS = 5, 15
_LARGEST = 1_000_000
_TOO_MANY = 429


class Line:
    """A kept connection to one provider."""

    def __init__(self, name: str):
        self._name = name
        self._session = requests.Session()
        self._session.trust_env = False  # proxies of the machine's environment are not ours

    def ask(self, method: str, url: str, **more: Any) -> requests.Response:
        """The answer. `TryLater` where the request did not get out, `Unclear` where it may have."""
        try:
            answer = self._session.request(
                method, url, timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS), allow_redirects=False, **more
            )
        except requests.ConnectTimeout as error:
            raise TryLater(f"{self._name} connect") from error
        except requests.ConnectionError as error:
            if isinstance(getattr(error.args[0] if error.args else None, "reason", None), NewConnectionError):
                raise TryLater(f"{self._name} connect") from error
            raise Unclear(f"{self._name} {type(error).__name__}") from error
        except requests.RequestException as error:
            raise Unclear(f"{self._name} {type(error).__name__}") from error
        self._judge(answer)
        return answer

    def json(self, method: str, url: str, **more: Any) -> dict[str, Any]:
        """The answer as an object. Also `Unclear` where it is none."""
        answer = self.ask(method, url, **more)
        try:
            found = json.loads(answer.content[:_LARGEST])
        except ValueError as error:
            raise Unclear(f"{self._name} no JSON") from error
        if not isinstance(found, dict):
            raise Unclear(f"{self._name} no object")
        return found

    def close(self) -> None:
        """Let the connection go."""
        self._session.close()

    def _judge(self, answer: requests.Response) -> None:
        status = answer.status_code
        if status == _TOO_MANY:
            raise TryLater(f"{self._name} 429", _seconds(answer.headers.get("Retry-After")))
        if status in (401, 403):
            raise GatewayDown(f"{self._name} {status}")
        if status == 404 or 300 <= status < 400:  # the address is wrong: nobody has taken anything
            raise GatewayDown(f"{self._name} {status}")
        if status >= 500:
            raise Unclear(f"{self._name} {status}")


class OverHttp:
    """A gateway with one line to its provider."""

    _line: Line

    def close(self) -> None:
        """Let the connection go."""
        self._line.close()


def _seconds(text: str | None) -> float:
    return min(float(text), 3600.0) if text and text.isdecimal() else 0
