"""Pages of citizens and companies: applying, following a case, the wallet."""

from portal.web.citizen import carrying, cases, drafts, inbox, papers, paying, receipt, start, supplement, tus, wallet
from portal.web.citizen.blueprints import cases as cases_blueprint
from portal.web.citizen.blueprints import drafts as drafts_blueprint
from portal.web.citizen.blueprints import wallet as wallet_blueprint

BLUEPRINTS = (drafts_blueprint, cases_blueprint, wallet_blueprint)
__all__ = [
    "BLUEPRINTS",
    "carrying",
    "cases",
    "drafts",
    "inbox",
    "papers",
    "paying",
    "receipt",
    "start",
    "supplement",
    "tus",
    "wallet",
]
