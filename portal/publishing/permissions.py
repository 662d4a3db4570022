"""Who may edit and approve the catalogue."""

from __future__ import annotations

from collections.abc import Collection

from portal.identity.actor import Actor
from portal.identity.models import Role


def may_edit(actor: Actor, agencies: Collection[str]) -> bool:
    """True if this person edits procedures that `agencies` (keys or group names) handle."""
    return _keeps(actor, Role.CATALOG_EDITOR, agencies)


def may_approve(actor: Actor, agencies: Collection[str], editors: Collection[int | None] = ()) -> bool:
    """True if this person approves them, and is none of those who edited: two people see each change."""
    return _keeps(actor, Role.CATALOG_APPROVER, agencies) and (actor.is_system or actor.account_id not in editors)


def keeps_everything(actor: Actor, role: Role) -> bool:
    """True if the role is held for the whole province: imports, synonyms."""
    return actor.has_everywhere(role)


def _keeps(actor: Actor, role: Role, agencies: Collection[str]) -> bool:
    # The office that controls procedures keeps all of them; another agency those that it alone handles.
    return keeps_everything(actor, role) or all(actor.has(role, agency) for agency in agencies)
