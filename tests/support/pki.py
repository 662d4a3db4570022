"""An authority, keys and phones on sockets, and the tools that sign with them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from sqlalchemy import select

from portal.agencies.models import Agency
from portal.base.db import Database
from portal.gateways.storage import Storage
from portal.identity.models import Account
from portal.issuing import certificates
from portal.issuing.models import Certificate
from portal.issuing.tools import Tools, tools_from
from portal.runtime import demo
from portal.standins.authority import AuthorityWeb, TestAuthority
from portal.standins.signing_phones import MySign, Phones, SmartCa
from portal.standins.web import Web

PASSWORD = "mat-khau-khoa"
SIGNER = "Lãnh Đạo Mẫu"
AGENCY_NAME = "UBND phường Tam Thanh"
MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
# Where tools can be installed, as in CI, a missing one is a failure: nothing that is to be shown is skipped there.
IS_ROOT = os.geteuid() == 0
BASE = "https://dvc.example.vn"


class Pki:
    """`tools` sign; what they sign with can be looked at and spoilt."""

    def __init__(self, folder: Path):
        self.folder, self.keys = folder, folder / "keys"
        self.web = Web()
        self.authority = TestAuthority(folder / "ca", self.web.url)
        self.authority_web = AuthorityWeb(self.web, self.authority)
        self.phones = Phones(self.authority)
        self.smartca, self.mysign = SmartCa(self.web, self.phones), MySign(self.web, self.phones)
        self.env: dict[str, str] = {
            "SIGN_WAYS": "file,smartca,mysign", "SIGN_FILE_FOLDER": str(self.keys), "SIGN_FILE_PASSWORD": PASSWORD,
            "SIGN_TSA_URL": f"{self.web.url}/ca/tsa", "SIGN_SMARTCA_URL": self.smartca.url,
            "SIGN_SMARTCA_SP_ID": "LANGSON", "SIGN_SMARTCA_SP_PASSWORD": "thu-nghiem",
            "SIGN_MYSIGN_URL": self.mysign.url, "SIGN_MYSIGN_CLIENT_ID": "langson",
            "SIGN_MYSIGN_CLIENT_SECRET": "thu-nghiem",
        }  # fmt: skip
        self.signer = self.authority.issue_file(self.keys / "nguoi-ky.p12", SIGNER, PASSWORD)
        self.seal = self.authority.issue_file(self.keys / "co-quan.p12", AGENCY_NAME, PASSWORD)

    def tools(self, storage: Storage, **more: str) -> Tools:
        """The tools with these settings changed."""
        return tools_from({**self.env, **more}, self.authority.roots, storage, BASE)

    def add_token(self) -> Mapping[str, str]:
        """A SoftHSM2 token with the signer's key and certificate under the label "lanhdao"; the settings to use it."""
        tokens = self.folder / "tokens"
        tokens.mkdir(exist_ok=True)
        conf = self.folder / "softhsm2.conf"
        conf.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = str(conf)
        certificate, key = self.authority.issue(SIGNER)
        pem = self.folder / "khoa.pem"
        pem.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                          serialization.NoEncryption()))  # fmt: skip
        for arguments in (["--init-token", "--free", "--label", "portal", "--so-pin", "1234"],
                          ["--import", str(pem), "--token", "portal", "--label", "lanhdao", "--id", "01"]):  # fmt: skip
            subprocess.run(["softhsm2-util", *arguments, "--pin", "1234"], check=True, capture_output=True)
        self._put_certificates({"lanhdao": certificate, "ca-cap-duoi": self.authority.chain[0]})
        return {"SIGN_WAYS": "file,token", "SIGN_TOKEN_MODULE": str(MODULE), "SIGN_TOKEN_LABEL": "portal",
                "SIGN_TOKEN_PIN": "1234"}  # fmt: skip

    def _put_certificates(self, found: Mapping[str, object]) -> None:
        import pkcs11
        from pkcs11.util.x509 import decode_x509_certificate

        token = pkcs11.lib(str(MODULE)).get_token(token_label="portal")
        with token.open(rw=True, user_pin="1234") as session:
            for label, certificate in found.items():
                der = certificate.public_bytes(serialization.Encoding.DER)  # type: ignore[attr-defined]
                attributes = decode_x509_certificate(der)
                attributes[pkcs11.Attribute.TOKEN] = True
                attributes[pkcs11.Attribute.LABEL] = label
                session.create_object(attributes)


def bind_person(
    database: Database, tools: Tools, now: datetime, *, way: str = "file", key: str = "nguoi-ky.p12"
) -> Certificate:
    """Bind a certificate to the leader of the demonstration ward."""
    with database.unit_of_work() as session:
        account_id = session.scalars(select(Account.id).where(Account.login == "lanhdao")).one()
        return certificates.bind(session, tools, holder_name=SIGNER, account_id=account_id, way=way, key=key, by=None,
                                 now=now)  # fmt: skip


def bind_agency(database: Database, tools: Tools, now: datetime, key: str = "co-quan.p12") -> Certificate:
    """Bind a certificate to the demonstration ward."""
    with database.unit_of_work() as session:
        name = session.get_one(Agency, demo.AGENCY).name
        return certificates.bind(session, tools, holder_name=name, agency_key=demo.AGENCY, way="file", key=key,
                                 by=None, now=now)  # fmt: skip
