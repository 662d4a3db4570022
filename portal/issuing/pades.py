"""Signatures in PDFs (PAdES), done by pyHanko in three moves so that the key may be anywhere.

`prepare` makes the place of a signature and says what is to be signed; `finish` puts the signature in, with a
timestamp (B-T); `archive` adds all that is needed to check every signature later, under a timestamp of its own (B-LTA).
Each only appends to what it is given.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from asn1crypto import cms
from asn1crypto.x509 import Certificate
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import load_der_x509_certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_signer import PdfTBSDocument
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.requests_client import RequestsHTTPTimeStamper
from pyhanko.sign.validation import dss
from pyhanko.stamp import StaticStampStyle
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from portal.base.apart import apart_async
from portal.documents.trust import context

_MD = "sha256"
_RESERVED = 32_768  # for certificates and a timestamp, with room for long chains
_TSA_SECONDS = 10


@dataclass(frozen=True)
class Place:
    """A rectangle on a page (from 0), in points from its lower left corner."""

    page: int
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Prepared:
    """A PDF that waits for one signature. `attributes` (DER) is what the key signs; `digest` its SHA-256."""

    pdf: bytes
    document_digest: bytes
    start: int
    end: int
    attributes: bytes

    @property
    def digest(self) -> bytes:
        """What goes to a signer that wants a hash."""
        return hashlib.sha256(self.attributes).digest()


@dataclass(frozen=True)
class Field:
    """A field for a signature and how it looks there: a picture as a one-page PDF, or nothing to be seen."""

    name: str
    place: Place | None = None
    picture: bytes | None = None


def with_fields(pdf: bytes, wanted: Sequence[Field]) -> bytes:
    """`pdf` with empty fields: made before the first signature, so that no later one adds any."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    for one in wanted:
        box = tuple(round(x) for x in one.place.box) if one.place else None
        spec = SigFieldSpec(one.name, on_page=one.place.page if one.place else 0, box=box)  # type: ignore[arg-type]
        fields.append_signature_field(writer, spec)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def prepare(pdf: bytes, certificate: bytes, field: Field, reason: str) -> Prepared:
    """Make the place of a signature by `certificate` (DER) in `field`."""
    signer = _outside(certificate)
    about = signers.PdfSignatureMetadata(
        field_name=field.name, md_algorithm=_MD, subfilter=SigSeedSubFilter.PADES, reason=reason
    )

    async def work() -> Prepared:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        with _style(field.picture) as style:
            pdf_signer = signers.PdfSigner(about, signer=signer, stamp_style=style)
            out = io.BytesIO()
            digest, _, _ = await pdf_signer.async_digest_doc_for_signing(writer, bytes_reserved=_RESERVED, output=out)
        attributes = await signer.signed_attrs(digest.document_digest, _MD, use_pades=True)
        return Prepared(out.getvalue(), digest.document_digest, digest.reserved_region_start,
                        digest.reserved_region_end, attributes.dump())  # fmt: skip

    return apart_async(work)


def finish(prepared: Prepared, chain: Sequence[bytes], signature: bytes, tsa_url: str) -> bytes:
    """The signed PDF; `chain` begins with the certificate. Raises `TimestampRequestError`, `OSError`."""
    signer = _outside(chain[0], chain[1:], signature)
    digest = PreparedByteRangeDigest(prepared.document_digest, prepared.start, prepared.end)
    attributes = cms.CMSAttributes.load(prepared.attributes)

    async def work() -> bytes:
        content = await signer.async_sign_prescribed_attributes(
            _MD, signed_attrs=attributes, timestamper=_stamper(tsa_url)
        )
        out = io.BytesIO(prepared.pdf)
        await PdfTBSDocument.async_finish_signing(out, digest, signature_cms=content)
        return out.getvalue()

    return apart_async(work)


def fits(certificate: bytes, signature: bytes, attributes: bytes) -> bool:
    """True if `signature` over `attributes` is by the key of `certificate` (DER)."""
    key = load_der_x509_certificate(certificate).public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, attributes, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, attributes, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def archive(pdf: bytes, roots: Sequence[Certificate], tsa_url: str) -> bytes:
    """`pdf` with what checks its signatures in years to come. Raises what checking raises where one is not good."""
    judged = context(roots, is_strict=True)

    async def work() -> bytes:
        found = await _with_evidence(pdf, judged)
        if not tsa_url:
            return found
        stamper = signers.PdfTimeStamper(_stamper(tsa_url))  # type: ignore[arg-type]
        writer = IncrementalPdfFileWriter(io.BytesIO(found))
        # What checks the timestamp's own certificate is there already: the signatures bear timestamps of the same kind.
        out = await stamper.async_timestamp_pdf(writer, _MD)
        return bytes(out.getvalue())

    return apart_async(work)


async def _with_evidence(pdf: bytes, judged: ValidationContext) -> bytes:
    reader = PdfFileReader(io.BytesIO(pdf))
    paths: list[Any] = []
    for embedded in reader.embedded_regular_signatures:
        paths += await dss.collect_validation_info(embedded, judged)
    writer = IncrementalPdfFileWriter.from_reader(reader)
    dss.DocumentSecurityStore.supply_dss_in_writer(writer, None, validation_context=judged, paths=paths)
    out = io.BytesIO()
    writer.write(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def _outside(
    certificate: bytes, others: Sequence[bytes] = (), signature: bytes | None = None
) -> signers.ExternalSigner:
    store = SimpleCertificateStore.from_certs([Certificate.load(one) for one in others])  # type: ignore[no-untyped-call]
    return signers.ExternalSigner(Certificate.load(certificate), store, signature_value=signature or bytes(512))


def _stamper(url: str) -> TimeStamper | None:
    if not url:
        return None
    return RequestsHTTPTimeStamper(url, timeout=_TSA_SECONDS)  # type: ignore[no-untyped-call]


@contextmanager
def _style(picture: bytes | None) -> Iterator[StaticStampStyle]:
    """No border, no background of the library's own. It reads the picture from a file, when it is drawn."""
    if picture is None:
        yield StaticStampStyle(border_width=0)
        return
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(picture)
        file.flush()
        yield StaticStampStyle.from_pdf_file(file.name, border_width=0)
