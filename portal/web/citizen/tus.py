"""Uploads in pieces: the protocol tus 1.0 (core, creation, termination) for the papers of a draft.

The metadata of a creation is the name of the file, and the place of its paper. A file that is refused when it is
whole answers 422 with the reason in words.
"""

from __future__ import annotations

import base64
import re
import uuid
from typing import Any

from flask import Response, request, url_for

from portal.base.clock import now
from portal.base.errors import NotFound, Refusal
from portal.cases import drafts
from portal.documents import partial, uploads
from portal.documents.models import PartialUpload
from portal.publishing import queries as publishing
from portal.web.access import signed_in
from portal.web.citizen.blueprints import drafts as blueprint
from portal.web.citizen.papers import keep_file
from portal.web.security import limiter
from portal.web.session import actor, db, settings, storage, writing
from services_catalog.slots import OTHER, slot_key

VERSION = "1.0.0"
_NUMBER = re.compile(r"[0-9]{1,12}")
_PIECE = "application/offset+octet-stream"


@blueprint.post("/ho-so-nhap/<uuid:draft_id>/tai-len")
@signed_in
@limiter.limit("300 per hour", key_func=lambda: str(actor().account_id))
def tus_create(draft_id: uuid.UUID) -> Response:
    """Announce a file."""
    if (wrong := _wrong_version()) is not None:
        return wrong
    size, facts = request.headers.get("Upload-Length", ""), _metadata(request.headers.get("Upload-Metadata", ""))
    if not _NUMBER.fullmatch(size) or not _NUMBER.fullmatch(facts.get("slot", "")):
        return _answer(400, text="Thiếu Upload-Length hoặc vị trí giấy tờ.")
    with writing() as session:
        draft = drafts.draft_for(session, actor(), draft_id, lock=True)
        shown = publishing.version(session, draft.version_id)
        key = slot_key(shown.procedure, shown.form, int(facts["slot"]))
        if not key and int(facts["slot"]) != OTHER:
            raise NotFound("Không có giấy tờ này trong thủ tục.")
        try:
            upload = partial.begin(session, draft_id, paper=key, file_name=facts.get("filename", ""), size=int(size),
                                   max_mb=settings().max_upload_mb, now=now())  # fmt: skip
        except Refusal as refusal:
            return _answer(413 if refusal.code == "file_too_large" else 422, text=refusal.message)
        location = url_for("drafts.tus_append", draft_id=draft_id, upload_id=upload.id)
    return _answer(201, {"Location": location, "Upload-Offset": "0"})


@blueprint.get("/ho-so-nhap/<uuid:draft_id>/tai-len/<uuid:upload_id>")
@signed_in
def tus_state(draft_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """How much of a file is here (HEAD)."""
    upload = _upload(draft_id, upload_id)
    if upload.offset == upload.size and upload.finished_at is None:  # the server went away before it was looked at
        _finish(draft_id, upload_id)
        upload = _upload(draft_id, upload_id)
    if upload.refusal:
        return _answer(422, _offset(upload), text=upload.refusal)
    return _answer(200, _offset(upload) | {"Upload-Length": str(upload.size), "Cache-Control": "no-store"})


@blueprint.patch("/ho-so-nhap/<uuid:draft_id>/tai-len/<uuid:upload_id>")
@signed_in
def tus_append(draft_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """The next piece."""
    if (wrong := _wrong_version()) is not None:
        return wrong
    offset = request.headers.get("Upload-Offset", "")
    if request.mimetype != _PIECE or not _NUMBER.fullmatch(offset):
        return _answer(415 if request.mimetype != _PIECE else 400, text="Phần tệp không đúng dạng.")
    _upload(draft_id, upload_id)
    piece = request.stream.read()
    with writing() as session:
        upload = partial.upload_of(session, draft_id, upload_id, lock=True)
        try:
            is_whole = partial.append(storage(), upload, int(offset), piece)
        except partial.WrongOffset:
            return _answer(409, _offset(upload))
        except Refusal as refusal:
            return _answer(413, text=refusal.message)
    refusal_text = _finish(draft_id, upload_id) if is_whole else None
    if refusal_text:
        return _answer(422, text=refusal_text)
    return _answer(204, _offset(_upload(draft_id, upload_id)))


@blueprint.delete("/ho-so-nhap/<uuid:draft_id>/tai-len/<uuid:upload_id>")
@signed_in
def tus_end(draft_id: uuid.UUID, upload_id: uuid.UUID) -> Response:
    """Give an upload up."""
    _upload(draft_id, upload_id)
    with writing() as session:
        upload = partial.upload_of(session, draft_id, upload_id, lock=True)
        storage().drop_parts(str(upload.id))
        session.delete(upload)
    return _answer(204)


def _finish(draft_id: uuid.UUID, upload_id: uuid.UUID) -> str | None:
    """Take the whole file; returns why it was refused. Twice is harmless: the same file is kept once."""
    with writing() as session:
        upload = partial.upload_of(session, draft_id, upload_id, lock=True)
        paper, name, size, was_finished = upload.paper, upload.file_name, upload.size, upload.finished_at is not None
        refusal = upload.refusal
    content = b"" if was_finished else storage().join_parts(str(upload_id))
    if was_finished or len(content) != size:  # somebody else is finishing it
        return refusal
    try:
        keep_file(draft_id, paper, uploads.Incoming(name, content))
    except Refusal as refused:
        refusal = refused.message
    with writing() as session:
        upload = partial.upload_of(session, draft_id, upload_id, lock=True)
        if upload.finished_at is None:
            partial.finish(session, storage(), upload, refusal, now())
    return refusal


def _upload(draft_id: uuid.UUID, upload_id: uuid.UUID) -> PartialUpload:
    drafts.draft_for(db(), actor(), draft_id)
    return partial.upload_of(db(), draft_id, upload_id)


def _wrong_version() -> Response | None:
    if request.headers.get("Tus-Resumable") == VERSION:
        return None
    return _answer(412, {"Tus-Version": VERSION})


def _offset(upload: PartialUpload) -> dict[str, str]:
    return {"Upload-Offset": str(upload.offset)}


def _metadata(header: str) -> dict[str, str]:
    """ "filename <base64>,slot <base64>" """
    found: dict[str, str] = {}
    for pair in header.split(","):
        name, _, coded = pair.strip().partition(" ")
        try:
            found[name] = base64.b64decode(coded, validate=True).decode("utf-8", "replace")
        except ValueError:
            continue
    return found


def _answer(status: int, headers: dict[str, str] | None = None, text: str = "") -> Response:
    answer: Any = Response(text, status=status, mimetype="text/plain")
    answer.headers.update({"Tus-Resumable": VERSION, **(headers or {})})
    return answer
