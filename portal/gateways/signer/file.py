"""Keys in files (PKCS#12). For development, and for a seal on a machine that is guarded like an HSM.

`SIGN_FILE_FOLDER`: where the files lie; `SIGN_FILE_PASSWORD`: their password. A key is called like its file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates, load_pkcs12

from portal.gateways.messages import NotConfigured
from portal.gateways.signing import CannotSign, Chain

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]*$")


class KeyFiles:
    """The files of one folder."""

    name, label = "file", "Tệp PKCS#12 trên máy chủ"

    def __init__(self, folder: Path, password: str):
        self._folder, self._password = folder, password
        # Opening one takes longer than signing with it: on purpose, against those who guess passwords.
        self._opened: dict[str, tuple[bytes, PKCS12KeyAndCertificates]] = {}

    def certificate(self, key: str) -> Chain:
        """The certificate in the file."""
        found = self._open(key)
        if found.cert is None:
            raise CannotSign("no certificate in the file")
        others = tuple(one.certificate.public_bytes(Encoding.DER) for one in found.additional_certs)
        return Chain(found.cert.certificate.public_bytes(Encoding.DER), others)

    def sign(self, key: str, data: bytes) -> bytes:
        """The signature of the key in the file."""
        private = self._open(key).key
        if isinstance(private, rsa.RSAPrivateKey):
            return private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if isinstance(private, ec.EllipticCurvePrivateKey):
            return private.sign(data, ec.ECDSA(hashes.SHA256()))
        raise CannotSign("no RSA or EC key in the file")

    def _open(self, key: str) -> PKCS12KeyAndCertificates:
        if not _NAME.match(key):
            raise CannotSign("no such name")
        try:
            content = (self._folder / key).read_bytes()
            if key not in self._opened or self._opened[key][0] != content:
                self._opened[key] = content, load_pkcs12(content, self._password.encode())
        except (OSError, ValueError) as error:
            raise CannotSign(type(error).__name__) from error
        return self._opened[key][1]


def open_signer(env: Mapping[str, str]) -> KeyFiles:
    """The folder that the settings name."""
    folder = env.get("SIGN_FILE_FOLDER", "")
    if not folder:
        raise NotConfigured("SIGN_FILE_FOLDER: chưa đặt thư mục tệp PKCS#12")
    return KeyFiles(Path(folder), env.get("SIGN_FILE_PASSWORD", ""))
