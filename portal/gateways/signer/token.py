"""Keys in a token or an HSM, over PKCS#11.

`SIGN_TOKEN_MODULE`: the library of its maker; `SIGN_TOKEN_LABEL`: the token; `SIGN_TOKEN_PIN`. A key is called by the
label that it and its certificate share in the token.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pkcs11
from pkcs11 import Attribute, Mechanism, ObjectClass
from pkcs11.exceptions import PKCS11Error

from portal.gateways.messages import NotConfigured
from portal.gateways.signing import CannotSign, Chain

T = TypeVar("T")


class Token:
    """One token. A session is opened for each use: a token that is pulled out and put back just works again."""

    name, label = "token", "Token hoặc HSM (PKCS#11)"

    def __init__(self, module: str, token_label: str, pin: str):
        self._module, self._token_label, self._pin = module, token_label, pin
        self._one_at_a_time = threading.Lock()

    def certificate(self, key: str) -> Chain:
        """The certificate of this label; those of other labels that are of authorities come with it."""

        def read(session: Any) -> Chain:
            # Read to its end: a token does one thing at a time.
            found = list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.LABEL: key}))
            own = next((bytes(one[Attribute.VALUE]) for one in found), None)
            if own is None:
                raise CannotSign("no such certificate")
            everything = list(session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}))
            others = (bytes(one[Attribute.VALUE]) for one in everything if one[Attribute.LABEL].startswith("ca"))
            return Chain(own, tuple(others))

        return self._with_session(read)

    def sign(self, key: str, data: bytes) -> bytes:
        """The signature; the key never leaves the token."""

        def work(session: Any) -> bytes:
            private = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=key)
            return bytes(private.sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))

        return self._with_session(work)

    def _with_session(self, work: Callable[[Any], T]) -> T:
        with self._one_at_a_time:
            try:
                token = pkcs11.lib(self._module).get_token(token_label=self._token_label)
                with token.open(user_pin=self._pin) as session:
                    return work(session)
            except (PKCS11Error, RuntimeError) as error:
                raise CannotSign(type(error).__name__) from error


def open_signer(env: Mapping[str, str]) -> Token:
    """The token that the settings name."""
    module, label = env.get("SIGN_TOKEN_MODULE", ""), env.get("SIGN_TOKEN_LABEL", "")
    if not module or not label:
        raise NotConfigured("SIGN_TOKEN_MODULE, SIGN_TOKEN_LABEL: chưa đặt thư viện và tên token")
    return Token(module, label, env.get("SIGN_TOKEN_PIN", ""))
