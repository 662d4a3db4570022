"""A program that knows nothing of the portal: checks the signatures of a PDF with one root certificate, offline.

`validate.py FILE ROOT YEARS`: as it will be so many years from now, where the file was kept well.
"""

import asyncio
import logging
import sys
from datetime import UTC, datetime, timedelta

from asn1crypto import pem
from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_timestamp
from pyhanko.sign.validation.ades import ades_lta_validation, simulate_future_ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager


async def main(path: str, root: str, years: int) -> None:
    """Print a line for each signature."""
    with open(root, "rb") as file:
        trusted = [Certificate.load(pem.unarmor(file.read())[2])]
    judging = CertValidationPolicySpec(SimpleTrustManager.build(trusted), CertRevTrustPolicy(REQUIRE_REVINFO))
    asking = RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY)
    policy = PdfSignatureValidationSpec(SignatureValidationSpec(judging, asking))
    then = datetime.now(UTC) + timedelta(days=365 * years)
    with open(path, "rb") as file:
        reader = PdfFileReader(file)
        for one in reader.embedded_regular_signatures:
            if years:
                result = await simulate_future_ades_lta_validation(one, policy, then)
            else:
                result = await ades_lta_validation(one, policy)
            one.compute_integrity_info()
            level = one.diff_result.modification_level
            changed = "" if level < ModificationLevel.OTHER else " changed"
            name = one.signer_cert.subject.native["common_name"]
            print(f"{one.field_name} {name}: {result.ades_subindic.standard_name}{changed}")
        for one in reader.embedded_timestamp_signatures:
            status = await async_validate_pdf_timestamp(one, ValidationContext(trust_roots=trusted))
            print(f"timestamp: {'OK' if status.intact and status.valid and status.trusted else 'no'}")


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
