"""Plays a certification authority: certificates, their revocation (OCSP and CRL), and timestamps (RFC 3161).

Its certificates are worth nothing, and name themselves so: `TEST_NAME` is in the name of the authority, which
every paper that is signed with them carries.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import keys as asn1_keys
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

from portal.base.clock import now
from portal.standins.web import Answer, Asked, Provider, Web, in_mood

TEST_NAME = "CA THỬ NGHIỆM"
_ROOT, _ISSUING, _TSA = "goc", "cap-chung-thu", "dau-thoi-gian"
_PEM = serialization.Encoding.PEM
Key = rsa.RSAPrivateKey
Signed = tuple[x509.Certificate, Key]


class TestAuthority:
    """A root, the authority below it that issues, and a timestamping unit; all of it in `folder`.

    `url` is where `AuthorityWeb` answers for it: the certificates name that address.
    """

    __test__ = False  # not for pytest

    def __init__(self, folder: Path, url: str):
        self.folder, self.url = folder, url
        folder.mkdir(parents=True, exist_ok=True)
        self.root = self._kept(_ROOT, lambda: self._make(f"{TEST_NAME} - GỐC", None, is_ca=True))
        self.issuing = self._kept(_ISSUING, lambda: self._make(f"{TEST_NAME} - CẤP DƯỚI", self.root, is_ca=True))
        self.tsa = self._kept(_TSA, lambda: self._make(f"{TEST_NAME} - DẤU THỜI GIAN", self.issuing, is_tsa=True))
        self.roots = folder / "roots"
        self.roots.mkdir(exist_ok=True)
        _write(self.roots / "root.pem", self.root[0].public_bytes(_PEM))

    @property
    def chain(self) -> list[x509.Certificate]:
        """What stands between a certificate and the root."""
        return [self.issuing[0]]

    def issue(
        self, name: str, *, organisation: str | None = None, days: int = 730, begins: datetime | None = None
    ) -> Signed:
        """A certificate for a person or an organisation, valid so many days, and its key."""
        key = rsa.generate_private_key(65537, 2048)
        subject = [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if organisation:
            subject.insert(1, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
        builder = _builder(x509.Name(subject), key.public_key(), self.issuing[0].subject, days, begins)
        usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
        builder = builder.add_extension(x509.BasicConstraints(False, None), True).add_extension(usage, True)
        return self._at_home(builder).sign(self.issuing[1], hashes.SHA256()), key

    def issue_file(
        self, path: Path, name: str, password: str, *, days: int = 730, begins: datetime | None = None
    ) -> x509.Certificate:
        """A certificate with its key as PKCS#12."""
        certificate, key = self.issue(name, days=days, begins=begins)
        locked = serialization.BestAvailableEncryption(password.encode())
        content = pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, self.chain, locked)
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, content)
        return certificate

    def kept_key(self, name: str, holder: str) -> Signed:
        """A certificate with its key that is made once and kept here under `name`."""
        return self._kept(name, lambda: self.issue(holder))

    def revoke(self, serial: int) -> None:
        """From now on the certificate counts no more."""
        revoked = self._revoked()
        revoked.setdefault(str(serial), now().isoformat())
        _write(self.folder / "thu-hoi.json", json.dumps(revoked).encode())

    def ocsp(self, asked: bytes) -> bytes:
        """The answer to a question about one certificate."""
        request = ocsp.load_der_ocsp_request(asked)
        issuer, key = self.issuing
        since = self._revoked().get(str(request.serial_number))
        at = now()
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            request.issuer_name_hash, request.issuer_key_hash, request.serial_number, request.hash_algorithm,
            ocsp.OCSPCertStatus.REVOKED if since else ocsp.OCSPCertStatus.GOOD, at, at + timedelta(days=1),
            datetime.fromisoformat(since) if since else None, None,
        )  # fmt: skip
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer)
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def crl(self, *, of_root: bool) -> bytes:
        """The list of what counts no more."""
        issuer, key = self.root if of_root else self.issuing
        at = now()
        builder = x509.CertificateRevocationListBuilder().issuer_name(issuer.subject)
        builder = builder.last_update(at).next_update(at + timedelta(days=1))
        builder = builder.add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
        for serial, since in self._revoked().items() if not of_root else ():
            one = x509.RevokedCertificateBuilder().serial_number(int(serial))
            builder = builder.add_revoked_certificate(one.revocation_date(datetime.fromisoformat(since)).build())
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def timestamp(self, asked: bytes) -> bytes:
        """The answer to a request for a timestamp."""
        certificate, key = self.tsa
        der = serialization.Encoding.DER
        private = key.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        stamper = DummyTimeStamper(
            asn1_x509.Certificate.load(certificate.public_bytes(der)),
            asn1_keys.PrivateKeyInfo.load(private),
            certs_to_embed=[asn1_x509.Certificate.load(c.public_bytes(der)) for c in self.chain],  # type: ignore[arg-type]
        )
        return bytes(stamper.request_tsa_response(tsp.TimeStampReq.load(asked)).dump())

    def _revoked(self) -> dict[str, str]:
        path = self.folder / "thu-hoi.json"
        found: dict[str, str] = json.loads(path.read_bytes()) if path.exists() else {}
        return found

    def _kept(self, name: str, make: object) -> Signed:
        path = self.folder / f"{name}.pem"
        if not path.exists():
            certificate, key = make()  # type: ignore[operator]
            private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            _write(path, private + certificate.public_bytes(_PEM))
        content = path.read_bytes()
        key = serialization.load_pem_private_key(content, None)
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - written above
        return x509.load_pem_x509_certificate(content), key

    def _make(self, name: str, issuer: Signed | None, *, is_ca: bool = False, is_tsa: bool = False) -> Signed:
        key = rsa.generate_private_key(65537, 2048)
        subject = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
                             x509.NameAttribute(NameOID.COMMON_NAME, name)])  # fmt: skip
        by = issuer[0].subject if issuer else subject
        builder = _builder(subject, key.public_key(), by, 3650)
        builder = builder.add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        usage = x509.KeyUsage(True, not is_ca, False, False, False, is_ca, is_ca, False, False)
        builder = builder.add_extension(usage, critical=True)
        if is_tsa:
            stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(stamping, critical=True)
        if issuer:
            builder = self._at_home(builder, by_root=is_ca)
        return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key

    def _at_home(self, builder: x509.CertificateBuilder, *, by_root: bool = False) -> x509.CertificateBuilder:
        """Where it is asked whether the certificate still counts."""
        name = "crl-goc" if by_root else "crl"
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self.url}/ca/{name}")], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        above = x509.AccessDescription(
            AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(f"{self.url}/ca/cap-tren")
        )
        if by_root:
            return builder.add_extension(x509.AuthorityInformationAccess([above]), critical=False)
        where = x509.UniformResourceIdentifier(f"{self.url}/ca/ocsp")
        access = [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, where), above]
        return builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)


class AuthorityWeb(Provider):
    """Answers for an authority at its address. The mood decides about the next question or timestamp."""

    def __init__(self, web: Web, authority: TestAuthority):
        super().__init__("ca")
        self.authority = authority
        der = "application/ocsp-response", "application/timestamp-reply", "application/pkix-crl"
        ask, stamp = authority.ocsp, authority.timestamp
        web.paths[("POST", "/ca/ocsp")] = lambda asked: self._answer(asked, lambda: ask(asked.body), der[0])
        web.paths[("POST", "/ca/tsa")] = lambda asked: self._answer(asked, lambda: stamp(asked.body), der[1])
        issuing = authority.issuing[0].public_bytes(serialization.Encoding.DER)
        web.paths[("GET", "/ca/cap-tren")] = lambda _: Answer(issuing, 200, "application/pkix-cert")
        web.paths[("GET", "/ca/crl")] = lambda _: Answer(authority.crl(of_root=False), 200, der[2])
        web.paths[("GET", "/ca/crl-goc")] = lambda _: Answer(authority.crl(of_root=True), 200, der[2])

    def _answer(self, asked: Asked, make: object, kind: str) -> Answer | None:
        return in_mood(self, lambda: Answer(make(), 200, kind), lambda code: Answer(b"", 503))  # type: ignore[operator]


def _builder(
    subject: x509.Name, key: rsa.RSAPublicKey, issuer: x509.Name, days: int, begins: datetime | None = None
) -> x509.CertificateBuilder:
    start = begins or now() - timedelta(minutes=5)
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
        .serial_number(x509.random_serial_number()).not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
    )  # fmt: skip


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and for its owner alone: keys are in it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.touch(mode=0o600)
    part.write_bytes(content)
    part.replace(path)
