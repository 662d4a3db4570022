"""Signed PDFs: what is told of a signature that is good, broken, or of a stranger."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

from portal.base.apart import apart
from portal.documents import signatures, uploads
from tests.support.answers import PDF

Key = rsa.RSAPrivateKey


def certificate(name: str, key: Key, issuer: tuple[str, Key] | None = None) -> x509.Certificate:
    """A certificate for `name`, signed by `issuer`, or by itself."""
    now = datetime.now(UTC)
    by, by_key = issuer or (name, key)
    usage = x509.KeyUsage(True, True, False, False, False, issuer is None, issuer is None, False, False)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(by_key, hashes.SHA256())
    )


class Signer:
    """A person with a certificate of an authority, whose certificate lies in a folder."""

    def __init__(self, folder: Path):
        root_key, key = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        root = certificate("CA thử nghiệm", root_key)
        own = certificate("NGUYỄN VĂN A", key, ("CA thử nghiệm", root_key))
        pem = serialization.Encoding.PEM
        self.roots = folder / "roots"
        self.roots.mkdir()
        (self.roots / "ca.pem").write_bytes(root.public_bytes(pem))
        (folder / "own.pem").write_bytes(own.public_bytes(pem))
        (folder / "own.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
        self._signer = signers.SimpleSigner.load(str(folder / "own.key"), str(folder / "own.pem"))

    def sign(self, content: bytes) -> bytes:
        """The PDF with a signature."""
        out = io.BytesIO()
        meta = signers.PdfSignatureMetadata(field_name="ChuKy", subfilter=SigSeedSubFilter.PADES)
        writer = IncrementalPdfFileWriter(io.BytesIO(content), strict=False)
        apart(lambda: signers.sign_pdf(writer, meta, self._signer, output=out))
        return out.getvalue()


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return Signer(tmp_path_factory.mktemp("ca"))


def real_pdf() -> bytes:
    """A PDF with a proper table of its objects, as signing needs."""
    out = io.BytesIO()
    with pikepdf.new() as made:
        made.add_blank_page(page_size=(595, 842))
        made.save(out)
    return out.getvalue()


def test_a_pdf_without_signature_has_no_report() -> None:
    assert signatures.signatures_of(PDF, None) is None
    assert signatures.signatures_of(real_pdf() + b"%/ByteRange", None) is None


def test_a_good_signature_names_its_signer(signer: Signer) -> None:
    report = signatures.signatures_of(signer.sign(real_pdf()), None)
    assert report is not None
    assert (report.signers, report.problem, report.is_trusted) == (("NGUYỄN VĂN A",), None, False)
    trusted = signatures.signatures_of(signer.sign(real_pdf()), signer.roots)
    assert trusted is not None
    assert (trusted.problem, trusted.is_trusted) == (None, True)


def test_a_stranger_is_not_trusted(signer: Signer, tmp_path: Path) -> None:
    report = signatures.signatures_of(Signer(tmp_path).sign(real_pdf()), signer.roots)
    assert report is not None
    assert report.problem is not None
    assert "không do tổ chức được công nhận cấp" in report.problem


def test_what_was_changed_after_signing_is_told(signer: Signer) -> None:
    signed = bytearray(signer.sign(real_pdf()))
    at = signed.index(b"595")
    signed[at : at + 3] = b"596"
    report = signatures.signatures_of(bytes(signed), signer.roots)
    assert report is not None
    assert report.problem == "Nội dung tệp đã bị sửa sau khi ký. Hãy ký lại bản cuối cùng."


def test_a_broken_signature_is_told_and_never_an_error(signer: Signer) -> None:
    signed = signer.sign(real_pdf())
    start = signed.index(b"/Contents <") + 11
    broken = signed[:start] + b"00" * 40 + signed[start + 80 :]
    report = signatures.signatures_of(broken, None)
    assert report is not None
    assert report.problem is not None
    kept = uploads.prepare(uploads.Incoming("ky.pdf", signed), uploads.Checks(5, roots=signer.roots))
    assert kept.content == signed, "a signed file is kept byte for byte"
    assert kept.signature is not None
    told = kept.signature["signatures"]
    assert [(one["signer"], one["issuer"], one["problem"]) for one in told] == [("NGUYỄN VĂN A", "CA thử nghiệm", None)]
    assert kept.signature["signers"] == ["NGUYỄN VĂN A"]
    assert kept.signature["is_trusted"]
