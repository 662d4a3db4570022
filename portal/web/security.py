"""Response headers and limits that protect people who use the site."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect

from config import Settings

_CSP = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'{ways}; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
)
# A person's file is shown by the browser's own viewer and may run nothing.
FILE_CSP = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'none'"

_SEVERAL_FILES = ("drafts.upload", "api.receive_case", "api.act_on_case")

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, strategy="moving-window", in_memory_fallback_enabled=True, swallow_errors=True)


def content_policy(settings: Settings) -> str:
    """What browsers may do with a page: nothing from elsewhere, no script in it, no form to elsewhere but to pay."""
    return _CSP.format(ways="".join(f" {origin}" for origin in _payment_origins(settings)))


def _payment_origins(settings: Settings) -> list[str]:
    """Where a form may lead in the end: browsers look at the redirect to a gateway's page as well."""
    urls = [text for name, text in settings.gateways.items() if name in ("PAY_VNPAY_PAY_URL", "PAY_NATIONAL_INIT_URL")]
    more = settings.gateways.get("PAY_ORIGINS", "").split()
    return sorted({f"{parts.scheme}://{parts.netloc}" for parts in map(urlsplit, [*urls, *more]) if parts.netloc})


def install(app: Flask, settings: Settings) -> None:
    """CSRF, rate limits and headers for `app`."""
    app.config.update(
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form left open over lunch is not lost
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.is_secure,
        RATELIMIT_STORAGE_URI=settings.redis_url.replace("unix://", "redis+unix://", 1),
        RATELIMIT_IN_MEMORY_FALLBACK=["60 per minute"],
    )

    @app.before_request
    def make_room() -> None:
        """Several files may come at once; the limit of each is checked where it is kept."""
        if request.endpoint in _SEVERAL_FILES:
            request.max_content_length = (10 * settings.max_upload_mb + 1) * 1024 * 1024

    csrf.init_app(app)
    limiter.init_app(app)

    policy = content_policy(settings)

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if settings.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if not response.headers.get("Cache-Control"):
            response.headers["Cache-Control"] = "no-store"
        return response
