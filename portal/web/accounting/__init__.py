"""The accountant's pages: payments, refunds, receipts, reconciliation, sums."""

from portal.web.accounting import overview, payment, reconciling, refunding
from portal.web.accounting.blueprint import blueprint

__all__ = ["blueprint", "overview", "payment", "reconciling", "refunding"]
