"""A procedure as schema.org GovernmentService, for search engines and assistants."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.base import links
from portal.publishing.queries import Published
from services_catalog.fees import fees_due
from services_catalog.model import Procedure
from services_catalog.terms import Audience, Channel, TimeUnit
from services_catalog.words import AUDIENCE_NAMES

_BUSINESS = frozenset({Audience.ENTERPRISE, Audience.COOPERATIVE})
# ISO 8601 has no working days; days say the least that is true.
_DURATIONS = {
    TimeUnit.WORKING_HOURS: "PT{}H",
    TimeUnit.WORKING_DAYS: "P{}D",
    TimeUnit.DAYS: "P{}D",
    TimeUnit.MONTHS: "P{}M",
}


def government_service(published: Published, agencies: list[str], base_url: str, day: date) -> dict[str, Any]:
    """The JSON-LD document, with the fees of `day`. Facts that are missing are left out."""
    p, page = published.procedure, links.procedure(base_url, published.procedure.code)
    known = {
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "@id": page,
        "url": page,
        "name": p.name,
        "identifier": p.code,
        "serviceType": published.sector,
        "inLanguage": "vi",
        "areaServed": {"@type": "AdministrativeArea", "name": "Tỉnh Lạng Sơn"},
        "provider": [{"@type": "GovernmentOrganization", "name": name} for name in agencies[:100]],
        "audience": [_audience(audience) for audience in p.audiences],
        "serviceOutput": [{"@type": "Thing", "name": result} for result in p.results],
        "availableChannel": _channel(p, page),
        "offers": [_offer(fee.amount_vnd, fee.applies_to) for fee in fees_due(p.fees, day)],
        "sameAs": p.official_page,
    }
    return {name: value for name, value in known.items() if value}


def _audience(audience: Audience) -> dict[str, str]:
    kind = "BusinessAudience" if audience in _BUSINESS else "Audience"
    return {"@type": kind, "audienceType": AUDIENCE_NAMES[audience]}


def _channel(p: Procedure, page: str) -> dict[str, Any]:
    limit = p.time_limit_for(Channel.ONLINE)
    channel = {"@type": "ServiceChannel", "serviceUrl": f"{page}/nop-ho-so", "availableLanguage": "vi"}
    return {**channel, "processingTime": _DURATIONS[limit.unit].format(limit.value)} if limit else channel


def _offer(amount: int, case: str | None) -> dict[str, Any]:
    offer = {"@type": "Offer", "price": amount, "priceCurrency": "VND"}
    return {**offer, "description": case} if case else offer
