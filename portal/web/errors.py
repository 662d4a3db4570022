"""What people see when the answer is no: in Vietnamese on pages, as JSON from the API."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask, jsonify, redirect, render_template, request, url_for
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from portal.base.errors import Forbidden, Invalid, NotFound, Refusal, Stale
from portal.base.logs import logger
from portal.cases.drafts import AlreadySent
from portal.web.account.pages import sign_in_again
from portal.web.held import held
from portal.web.session import current_actor, settings

_log = logger(__name__)
_STATUS = ((NotFound, 404), (Forbidden, 403), (Stale, 409), (Invalid, 422), (Refusal, 409))
_TITLES = {
    400: "Yêu cầu không đúng",
    401: "Chưa xác thực",
    403: "Bạn không có quyền vào trang này",
    404: "Không tìm thấy trang",
    405: "Yêu cầu không đúng",
    409: "Chưa làm được việc này",
    413: "Tệp quá lớn",
    422: "Thông tin chưa đúng",
    429: "Bạn thao tác quá nhanh",
    500: "Hệ thống gặp lỗi",
    503: "Hệ thống đang bận",
}
_ADVICE = {
    400: "Hãy quay lại trang trước, tải lại và thử một lần nữa.",
    401: "Yêu cầu phải có mã truy cập đúng trong phần đầu Authorization, hoặc phiên làm việc đã hết hạn.",
    403: "Nếu bạn cần làm việc này, hãy đăng nhập bằng tài khoản có quyền.",
    404: "Địa chỉ có thể đã gõ nhầm, hoặc trang không còn nữa.",
    413: "Mỗi tệp nhận đến {} MB. Hãy chụp lại với độ phân giải thấp hơn rồi tải lên lần nữa.",
    429: "Hãy đợi một phút rồi thử lại.",
    500: "Chúng tôi đã ghi lại lỗi. Thông tin bạn đã lưu vẫn còn. Hãy thử lại sau ít phút.",
    503: "Hãy thử lại sau ít phút. Thông tin bạn đã lưu vẫn còn.",
}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return next(status for kind, status in _STATUS if isinstance(refusal, kind))


def install(app: Flask) -> None:
    """Error pages for `app`."""

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Any:
        if isinstance(error, AlreadySent):
            return redirect(url_for("cases.show", reference=error.reference))
        fields = error.errors if isinstance(error, Invalid) else None
        return answer(status_of(error), error.message, error.code, fields)

    _install_request_errors(app)
    _install_database_errors(app)

    @app.errorhandler(HTTPException)
    def known(error: HTTPException) -> Any:
        if error.code is None or error.code < 400:
            return error
        return answer(error.code)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Any:
        _log.exception("unhandled", error=type(error).__name__)
        return answer(500)


def _install_request_errors(app: Flask) -> None:
    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> Any:
        if current_actor() is None and not request.path.startswith("/api/"):
            if request.is_json:
                return answer(401)
            return sign_in_again(_page_of_form(), held())
        return answer(400, "Trang đã mở quá lâu. Hãy quay lại trang trước, tải lại rồi gửi lại.", "csrf")

    @app.errorhandler(RateLimitExceeded)
    def limited(error: RateLimitExceeded) -> Any:
        return answer(429)


def _install_database_errors(app: Flask) -> None:
    @app.errorhandler(OperationalError)
    def unreachable(error: OperationalError) -> Any:
        _log.error("database_unreachable", error=type(error.orig).__name__)
        return answer(503)

    @app.errorhandler(IntegrityError)
    def contradicted(error: IntegrityError) -> Any:
        # The message of the database repeats values; its code and the name of the rule do not.
        diagnosis = getattr(error.orig, "diag", None)
        _log.error(
            "integrity", rule=getattr(diagnosis, "constraint_name", None), state=getattr(error.orig, "sqlstate", None)
        )
        return answer(409, "Có người khác vừa làm việc này. Hãy xem lại rồi thử lần nữa.")

    @app.errorhandler(StaleDataError)
    def overtaken(error: StaleDataError) -> Any:
        return answer(409, "Có người khác vừa làm việc này. Hãy xem lại rồi thử lần nữa.")

    @app.errorhandler(DataError)
    def unstorable(error: DataError) -> Any:
        return answer(404 if request.method == "GET" else 400)


def _page_of_form() -> str:
    """The page whose form was posted, if it is one of ours."""
    came_from = urlsplit(request.referrer or "")
    return came_from.path if came_from.netloc == request.host else url_for("public.home")


def answer(
    status: int, message: str | None = None, code: str | None = None, fields: dict[str, str] | None = None
) -> tuple[str | Response, int]:
    """The error as a page, or as JSON below /api with a sentence for each wrong field."""
    text = message or _ADVICE.get(status, "Hãy quay lại trang trước và thử lại.").format(settings().max_upload_mb)
    if request.path.startswith("/api/"):
        error = {"code": code or f"http_{status}", "message": text}
        return jsonify(error=error | ({"fields": fields} if fields else {})), status
    title = _TITLES.get(status, "Có lỗi")
    back = _page_of_form() if request.method == "POST" else None
    return render_template("error.html", title=title, message=text, status=status, back=back), status
