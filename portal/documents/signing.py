"""Signing our own papers with a certificate that lies in a file (PKCS#12): PAdES, baseline B-B."""

from __future__ import annotations

import io
from pathlib import Path

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter

from portal.base.apart import apart


class CannotSign(Exception):
    """The file of the certificate cannot be read with this password."""


def sign(pdf: bytes, certificate: Path, password: str, *, field: str, reason: str) -> bytes:
    """`pdf` with a signature over all of it, added at its end. Raises `CannotSign`."""
    try:
        signer = signers.SimpleSigner.load_pkcs12(str(certificate), passphrase=password.encode() or None)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise CannotSign(certificate.name) from error
    if signer is None:  # what the library gives for a wrong password
        raise CannotSign(certificate.name)
    signed = io.BytesIO()
    about = signers.PdfSignatureMetadata(field_name=field, reason=reason, subfilter=SigSeedSubFilter.PADES)
    unsigned = IncrementalPdfFileWriter(io.BytesIO(pdf))
    apart(lambda: signers.sign_pdf(unsigned, about, signer=signer, output=signed))
    return signed.getvalue()
