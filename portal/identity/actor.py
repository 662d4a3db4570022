"""Who does something: a person with their roles of the day, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.identity.models import CASE_ROLES, CATALOG_ROLES, Account, Role


@dataclass(frozen=True)
class Actor:
    """The one on whose behalf the domain acts. `roles` are pairs of agency key and role."""

    account_id: int | None
    name: str
    roles: frozenset[tuple[str, Role]] = frozenset()

    @property
    def is_system(self) -> bool:
        """True for the workers."""
        return self.account_id is None

    @property
    def is_staff(self) -> bool:
        """True if a position that works with cases is held today."""
        return self.has_any(CASE_ROLES)

    @property
    def keeps_catalog(self) -> bool:
        """True if the catalogue is edited or approved by this person."""
        return self.has_any(CATALOG_ROLES)

    @property
    def agency_keys(self) -> frozenset[str]:
        """The agencies at which a position is held."""
        return frozenset(agency for agency, _ in self.roles)

    @property
    def case_agency_keys(self) -> frozenset[str]:
        """The agencies whose cases this person works with: keeping the catalogue opens nobody's case."""
        return frozenset(agency for agency, role in self.roles if role in CASE_ROLES)

    def has_any(self, roles: frozenset[Role]) -> bool:
        """True if one of the roles is held at any agency."""
        return any(role in roles for _, role in self.roles)

    def has(self, role: Role, agency_key: str) -> bool:
        """True if the role is held at that agency."""
        return (agency_key, role) in self.roles


SYSTEM = Actor(account_id=None, name="Hệ thống")


def actor_for(account: Account, day: date) -> Actor:
    """The account as an actor with the positions held on `day` (a local day)."""
    held = frozenset((p.agency_key, Role(p.role)) for p in account.positions if p.holds_on(day))
    return Actor(account.id, account.full_name, held)
