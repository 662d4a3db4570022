"""Who does something: a person with their roles of the day, or the system itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from portal.identity.models import CASE_ROLES, CATALOG_ROLES, LEADING_ROLES, Account, Role

# A role that is held at one of these counts for all agencies.
WHOLE_PROVINCE = frozenset({"ubnd-tinh", "van-phong-ubnd-tinh"})


@dataclass(frozen=True)
class Actor:
    """The one on whose behalf the domain acts. `roles` are pairs of agency key and role."""

    account_id: int | None
    name: str
    roles: frozenset[tuple[str, Role]] = frozenset()
    # Positions held only in somebody's stead, and whose: they are among `roles`, too.
    delegated: Mapping[tuple[str, Role], int] = field(default_factory=dict)
    # Everybody in whose stead a position is held, also where it is held in one's own right.
    principals: frozenset[tuple[str, Role, int]] = frozenset()
    # The key of another system that acts for the applicants of its own cases.
    origin: str | None = None

    @property
    def is_system(self) -> bool:
        """True for the workers."""
        return self.account_id is None and self.origin is None

    def stands_for(self, agency_key: str, role: Role) -> frozenset[int]:
        """The accounts in whose stead this person holds the position."""
        return frozenset(account for agency, held, account in self.principals if (agency, held) == (agency_key, role))

    @property
    def is_staff(self) -> bool:
        """True if a position that works with cases is held today."""
        return self.has_any(CASE_ROLES)

    @property
    def led_agencies(self) -> list[str]:
        """The agencies at which this person is head or leader."""
        return sorted({agency for agency, role in self.roles if role in LEADING_ROLES})

    @property
    def keeps_catalog(self) -> bool:
        """True if the catalogue is edited or approved by this person."""
        return self.has_any(CATALOG_ROLES)

    @property
    def configures(self) -> bool:
        """True if calendars and outages of some agency are kept by this person."""
        return self.has_any(frozenset({Role.CONFIGURATOR}))

    @property
    def operates(self) -> bool:
        """True if this person watches over the running system."""
        return self.has_any(frozenset({Role.OPERATOR}))

    @property
    def accounts(self) -> bool:
        """True if this person looks after the money of some agency."""
        return self.has_any(frozenset({Role.ACCOUNTANT}))

    @property
    def signs(self) -> bool:
        """True if papers of some agency are signed by this person."""
        return self.has_any(frozenset({Role.APPROVER}))

    @property
    def issues(self) -> bool:
        """True if this person reads the register of papers of some agency."""
        return self.has_any(frozenset({Role.CLERK, Role.HEAD, Role.APPROVER}))

    @property
    def takes_in(self) -> bool:
        """True if this person keeps the papers that come to some agency."""
        return self.has_any(frozenset({Role.CLERK}))

    @property
    def agency_keys(self) -> frozenset[str]:
        """The agencies at which a position is held."""
        return frozenset(agency for agency, _ in self.roles)

    @property
    def case_agency_keys(self) -> frozenset[str]:
        """The agencies whose cases this person works with: keeping the catalogue opens nobody's case."""
        return frozenset(agency for agency, role in self.roles if role in CASE_ROLES)

    def has_everywhere(self, role: Role) -> bool:
        """True if the role is held for the whole province."""
        return self.is_system or any(self.has(role, agency) for agency in WHOLE_PROVINCE)

    def has_any(self, roles: frozenset[Role]) -> bool:
        """True if one of the roles is held at any agency."""
        return any(role in roles for _, role in self.roles)

    def has(self, role: Role, agency_key: str) -> bool:
        """True if the role is held at that agency."""
        return (agency_key, role) in self.roles


SYSTEM = Actor(account_id=None, name="Hệ thống")


def actor_for(account: Account, day: date) -> Actor:
    """The account as an actor with the positions held on `day` (a local day), own ones and delegated ones."""
    own = frozenset((p.agency_key, Role(p.role)) for p in account.positions if p.holds_on(day))
    lent = [d.position for d in account.delegations if d.holds_on(day) and d.position.account.is_active]
    principals = frozenset((p.agency_key, Role(p.role), p.account_id) for p in lent if p.holds_on(day))
    delegated = {(agency, role): principal for agency, role, principal in sorted(principals)}
    only_lent = {place: principal for place, principal in delegated.items() if place not in own}
    return Actor(account.id, account.full_name, own | frozenset(delegated), only_lent, principals)
