"""The web site: its table of contents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask
from markupsafe import Markup, escape
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from config import Settings
from portal.base import words
from portal.base.db import Database
from portal.cases import words as case_words
from portal.cases.lateness import is_late
from portal.gateways.storage.folder import FolderStorage
from portal.publishing.queries import LiveIndex
from portal.web import access, commands, errors, health, requests, security, session
from portal.web.account.views import blueprint as account
from portal.web.admin import blueprint as admin
from portal.web.api import blueprint as api
from portal.web.catalog import blueprint as catalog
from portal.web.citizen.cases import blueprint as citizen_cases
from portal.web.citizen.drafts import blueprint as citizen_drafts
from portal.web.desk.views import blueprint as desk
from portal.web.public import blueprint as public
from portal.web.public.test_phone import blueprint as test_phone
from services_catalog import words as catalog_words
from services_catalog.fields import KINDS
from services_catalog.fields import show_phone as phone_words
from services_catalog.spelling import highlight

BLUEPRINTS = (public, test_phone, account, citizen_drafts, citizen_cases, desk, catalog, admin, api, health.blueprint)


def create_app(settings: Settings) -> Flask:
    """The WSGI application. Connects to nothing until the first request."""
    app = Flask(__name__)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=(settings.max_upload_mb + 1) * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=30),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.extensions["database"] = Database(settings.database_url)
    app.extensions["storage"] = FolderStorage(settings.files_dir)
    app.extensions["search"] = LiveIndex()
    if settings.trusted_proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trusted_proxies, x_proto=settings.trusted_proxies)  # type: ignore[method-assign]
    requests.install(app)
    security.install(app, settings)
    session.install(app)
    errors.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    access.guard(app)
    commands.install(app)
    _install_words(app)
    return app


def _install_words(app: Flask) -> None:
    """What templates need to speak Vietnamese."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        when=words.when,
        short_when=words.short_when,
        money=catalog_words.money,
        paragraphs=_paragraphs,
        phone=phone_words,
    )
    app.jinja_env.globals.update(
        STATE_NAMES=case_words.STATE_NAMES,
        ACTION_NAMES=case_words.ACTION_NAMES,
        EVENT_NAMES=case_words.EVENT_NAMES,
        INTERNAL=case_words.INTERNAL,
        AUDIENCE_NAMES=catalog_words.AUDIENCE_NAMES,
        CHANNEL_NAMES=catalog_words.CHANNEL_NAMES,
        UNIT_NAMES=catalog_words.UNIT_NAMES,
        KINDS=KINDS,
        highlight=highlight,
        national_status=case_words.national_status,
        is_late=is_late,
    )

    @app.context_processor
    def person() -> dict[str, Any]:
        try:
            actor = session.current_actor()
        except SQLAlchemyError:  # the page that says so needs no person
            actor = None
        return {"actor": actor, "demo": session.settings().demo}


def _paragraphs(text: str) -> Markup:
    """Text with its line breaks."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())
