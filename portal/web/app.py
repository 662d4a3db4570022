"""The web site: its table of contents."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
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
from portal.deadlines.remaining import office_words
from portal.gateways.antivirus.clamd import Clamd
from portal.gateways.payments import gateways_from
from portal.gateways.storage.connect import connect
from portal.issuing.tools import tools_from
from portal.publishing.queries import LiveIndex
from portal.web import access, commands, errors, health, requests, security, session
from portal.web.account.views import blueprint as account
from portal.web.accounting import blueprint as accounting
from portal.web.admin import blueprint as admin
from portal.web.api import blueprint as api
from portal.web.catalog import blueprint as catalog
from portal.web.citizen import BLUEPRINTS as CITIZEN
from portal.web.desk import blueprint as desk
from portal.web.issuing import blueprint as issuing
from portal.web.providers import blueprint as providers
from portal.web.public import blueprint as public
from portal.web.public.test_phone import blueprint as test_phone
from services_catalog import words as catalog_words
from services_catalog.conditions import condition
from services_catalog.fields import KINDS, inputs_of
from services_catalog.fields import show_phone as phone_words
from services_catalog.fields.registry import SUGGESTIONS
from services_catalog.fields.rows import in_row
from services_catalog.form import FormField
from services_catalog.spelling import highlight

BLUEPRINTS = (
    public,
    test_phone,
    providers,
    account,
    *CITIZEN,
    desk,
    issuing,
    catalog,
    admin,
    accounting,
    api,
    health.blueprint,
)


def create_app(settings: Settings) -> Flask:
    """The WSGI application. Connects to nothing until the first request."""
    app = Flask(__name__)
    app.config.update(
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=(settings.max_upload_mb + 1) * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=30),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    open_outside(app, settings)
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


def open_outside(app: Flask, settings: Settings) -> None:
    """What `app` works with outside of itself, as these settings name it: database, files, scanner, gateways."""
    app.config.update(SETTINGS=settings, SECRET_KEY=settings.secret_key)
    app.extensions["database"] = Database(settings.database_url)
    app.extensions["storage"] = connect(settings.files_dir, settings.files_url, settings.s3_endpoint_url)
    app.extensions["scanner"] = Clamd(settings.clamd) if settings.clamd else None
    app.extensions["search"] = LiveIndex()
    app.extensions["payment_gateways"] = gateways_from(settings.gateways)
    app.extensions["signing"] = tools_from(
        settings.gateways, settings.signature_roots, app.extensions["storage"], settings.base_url
    )


def _install_words(app: Flask) -> None:
    """What templates need to speak Vietnamese."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        when=words.when,
        short_when=words.short_when,
        money=catalog_words.money,
        office_words=office_words,
        paragraphs=_paragraphs,
        groupby_runs=_runs,
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
        SUGGESTIONS=SUGGESTIONS,
        inputs_of=inputs_of,
        row_inputs=_row_inputs,
        condition=condition,
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


def _runs(fields: tuple[FormField, ...]) -> list[list[FormField]]:
    """Questions that follow each other in one group, together."""
    return [list(run) for _, run in groupby(fields, lambda field: field.group)]


def _row_inputs(field: FormField, number: int) -> list[tuple[FormField, FormField]]:
    """The questions of a row of a table, as they are asked and named like their inputs."""
    return list(zip(field.fields, in_row(field, number), strict=True))


def _paragraphs(text: str) -> Markup:
    """Text with its line breaks."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())
