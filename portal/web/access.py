"""Who may use a route. Every view carries one of these marks; the site does not start without."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response

from portal.identity.actor import Actor
from portal.identity.models import Partner
from portal.identity.partners import partner_of
from portal.web.security import csrf
from portal.web.session import current_actor, db, settings

View = TypeVar("View", bound=Callable[..., Any])


class Access(StrEnum):
    """The kinds of route."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    STAFF = "staff"
    LEADING = "leading"
    CATALOG = "catalog"
    CONFIGURATION = "configuration"
    PERSONNEL = "personnel"
    OPERATION = "operation"
    ACCOUNTING = "accounting"
    PARTNER = "partner"
    PROVIDER = "provider"
    DEMO = "demo"


def public(view: View) -> View:
    """Anyone."""
    return _mark(view, Access.PUBLIC)


def signed_in(view: View) -> View:
    """Anyone with an account; what they see is decided case by case."""
    return _mark(view, Access.SIGNED_IN)


def staff(view: View) -> View:
    """Those who hold a position today; what they may do is decided in `portal.cases.permissions`."""
    return _mark(view, Access.STAFF)


def leader(view: View) -> View:
    """Heads and leaders; they see the units at which they are that."""
    return _mark(view, Access.LEADING)


def catalog_keeper(view: View) -> View:
    """Those who edit or approve the catalogue; which procedures is decided in `portal.publishing.permissions`."""
    return _mark(view, Access.CATALOG)


def configurator(view: View) -> View:
    """Those who keep calendars and declare outages; whose, is decided in `portal.deadlines.actions`."""
    return _mark(view, Access.CONFIGURATION)


def personnel(view: View) -> View:
    """Staff, for their own positions, and those who configure; which, is decided in `portal.identity.delegations`."""
    return _mark(view, Access.PERSONNEL)


def operator(view: View) -> View:
    """Those who watch over the running system. They see codes of cases and nothing of what is in them."""
    return _mark(view, Access.OPERATION)


def accountant(view: View) -> View:
    """Accountants; whose money, is decided in `portal.payments.queries.scope`."""
    return _mark(view, Access.ACCOUNTING)


def partner(view: View) -> View:
    """Other systems, by the token in the Authorization header and by nothing else; a cookie is not looked at."""
    csrf.exempt(view)
    return _mark(view, Access.PARTNER)


def provider(view: View) -> View:
    """Providers that call back: by their signature, or by the secret in the address; each view looks at it first."""
    csrf.exempt(view)
    return _mark(view, Access.PROVIDER)


def demo(view: View) -> View:
    """Anyone, where DEMO is on; elsewhere the page does not exist."""
    return _mark(view, Access.DEMO)


def access_of(app: Flask, endpoint: str) -> Access | None:
    """The mark of an endpoint, or None where it was forgotten."""
    if endpoint == "static":
        return Access.PUBLIC
    return getattr(app.view_functions[endpoint], "access", None)


def guard(app: Flask) -> None:
    """Refuse to start with an unmarked route, and check the mark before every view."""
    unmarked = [rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None]
    if unmarked:
        raise RuntimeError(f"routes without access mark: {', '.join(unmarked)}")

    app.before_request(_check)


def _check() -> Response | None:
    if request.endpoint is None:
        return None
    access = access_of(current_app, request.endpoint)
    if access is Access.DEMO and not settings().demo:
        abort(404)
    if access in (Access.PUBLIC, Access.DEMO, Access.PROVIDER):
        return None
    if access is Access.PARTNER:
        g.partner = _partner_of_request()
        return None if g.partner else abort(401)
    actor = current_actor()
    if actor is None and request.is_json:
        abort(401)
    if actor is None:
        return redirect(url_for("account.sign_in", next=_way_back()))
    return None if _may_enter(actor, access) else abort(403)


def _partner_of_request() -> Partner | None:
    given = request.authorization
    return partner_of(db(), given.token) if given and given.type == "bearer" and given.token else None


def _may_enter(actor: Actor, access: Access | None) -> bool:
    allowed = {
        Access.STAFF: actor.is_staff,
        Access.LEADING: bool(actor.led_agencies),
        Access.CATALOG: actor.keeps_catalog,
        Access.CONFIGURATION: actor.configures,
        Access.PERSONNEL: actor.is_staff or actor.configures,
        Access.OPERATION: actor.operates,
        Access.ACCOUNTING: actor.accounts,
    }
    return access is None or allowed.get(access, True)


def _way_back() -> str:
    """Where to go after signing in; a form that was posted has no address to come back to."""
    return request.full_path.rstrip("?") if request.method == "GET" else url_for("public.home")


def _mark(view: View, access: Access) -> View:
    view.access = access  # type: ignore[attr-defined]
    return view
