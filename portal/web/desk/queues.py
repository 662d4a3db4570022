"""Queues: my work, the open cases of my agencies, everything; filters, saved views, export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, flash, g, jsonify, redirect, render_template, request, url_for
from flask import session as browser
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from portal.agencies.models import Agency
from portal.base.clock import local, now
from portal.base.errors import Invalid
from portal.cases import drafts
from portal.cases.models import Draft
from portal.cases.references import mentioned
from portal.cases.waiting import WORK_NAMES, Work
from portal.desk import looks, queues, saved_views
from portal.desk.queues import Queue
from portal.desk.wanted import Wanted
from portal.identity.models import ROLE_NAMES, Role
from portal.notifications.actions import latest
from portal.publishing import queries as publishing
from portal.publishing.queries import Published
from portal.web.access import staff
from portal.web.desk.blueprint import blueprint
from portal.web.desk.bulk import choices_for
from portal.web.desk.case import LAST_QUEUE
from portal.web.desk.columns import COLUMNS, USUAL, chosen_columns, plain, rows_of
from portal.web.desk.filters import filter_options
from portal.web.files import workbook_response
from portal.web.session import actor, current_actor, db, writing
from services_catalog.terms import StageAction

TITLES = {Queue.MINE: "Việc của tôi", Queue.OPEN: "Hồ sơ đang mở", Queue.ALL: "Mọi hồ sơ"}
_ADDRESSES = {"dang-mo": Queue.OPEN, "tat-ca": Queue.ALL}
_MOST_EXPORTED = 5000
_IN_MENU = 100


@blueprint.get("")
@staff
def queue() -> str:
    """What waits for this person, the most urgent first."""
    return _remembered(_page(Queue.MINE, Wanted.of(request.args)))


@blueprint.get("/<any('dang-mo', 'tat-ca'):which>")
@staff
def cases_of_agencies(which: str) -> str:
    """The open cases of the person's agencies by due time, or all of them, the newest first."""
    return _remembered(_page(_ADDRESSES[which], Wanted.of(request.args)))


@blueprint.post("/tim")
@staff
def find() -> Any:
    """Find by code, name, phone or identity number. What is typed of people stays out of addresses."""
    wanted = Wanted.of(request.form)
    queue = _queue_in(request.form, Queue.ALL)
    if not wanted.text:
        return redirect(_address(queue, wanted))
    page = queues.page(db(), actor(), queue, now(), wanted)
    if len(page.rows) == 1 and page.rows[0].case.reference == mentioned(wanted.text):
        return redirect(url_for("desk.show", reference=page.rows[0].case.reference))
    return _page(queue, wanted, found=page)


@blueprint.get("/viec-moi")
@staff
def news() -> Any:
    """How much waits, for pages that are open: new work appears without reloading."""
    found = queues.counts(db(), actor(), now(), most=_IN_MENU)
    return jsonify(total=sum(found.values()), works={work: count for work, count in found.items() if count})


@blueprint.post("/cach-xem")
@staff
def save_view() -> Any:
    """Keep filters and columns under a name."""
    wanted, queue = Wanted.of(request.form), _queue_in(request.form, Queue.MINE)
    columns = chosen_columns(request.form.getlist("column"))
    try:
        with writing() as session:
            view = saved_views.save(session, actor(), request.form.get("name", ""), queue, wanted, columns, now())
    except Invalid as invalid:
        return _page(queue, wanted, errors=invalid.errors), 422
    flash(f"Đã lưu cách xem “{view.name}”.")
    return redirect(url_for("desk.saved_view", view_id=view.id))


@blueprint.get("/cach-xem/<int:view_id>")
@staff
def saved_view(view_id: int) -> str:
    """A queue as it was saved."""
    view = saved_views.view_for(db(), actor(), view_id)
    return _remembered(_page(Queue(view.queue), Wanted.of(view.wanted), columns=view.columns, view_id=view.id))


@blueprint.post("/cach-xem/<int:view_id>/xoa")
@staff
def forget_view(view_id: int) -> Any:
    """Delete a saved view."""
    with writing() as session:
        saved_views.forget(session, actor(), view_id)
    flash("Đã xóa cách xem.")
    return redirect(url_for("desk.queue"))


@blueprint.post("/xuat")
@staff
def export() -> Response:
    """The rows of a queue as a workbook, with the columns that are shown."""
    wanted, queue = Wanted.of(request.form), _queue_in(request.form, Queue.MINE)
    columns = chosen_columns(request.form.getlist("column"))
    page = queues.page(db(), actor(), queue, now(), wanted, size=_MOST_EXPORTED)
    rows = [[plain(row, name) for name in columns] for row in rows_of(db(), page.rows, now())]
    if page.after:
        rows.append([f"Tệp chỉ có {_MOST_EXPORTED} hồ sơ đầu tiên. Hãy lọc hẹp hơn để lấy hết."])
    name = f"ho-so-{local(now()):%Y%m%d-%H%M}.xlsx"
    return workbook_response(name, {"Hồ sơ": [[COLUMNS[name] for name in columns], *rows]})


@blueprint.context_processor
def menu() -> dict[str, Any]:
    """What all pages of the desk have: how much waits, and whether the person leads a unit."""
    if (me := current_actor()) is None:  # the page that sends a stranger to sign in
        return {}
    try:
        # The page of a queue has counted already, and further.
        found = g.works if "works" in g else queues.counts(db(), me, now(), most=_IN_MENU)
    except SQLAlchemyError:  # the page that says that something is wrong needs no figures
        found = {}
    many = max(found.values(), default=0) >= _IN_MENU
    return {"waiting_total": f"{_IN_MENU}+" if many else str(sum(found.values())), "leads": bool(me.led_agencies),
            "types": any(role is Role.RECEIVING_OFFICER for _, role in me.roles),
            "bulk_choices": choices_for(me)}  # fmt: skip


def _remembered(html: str) -> str:
    """Keep where the person is: what they do to a case leads back here."""
    if browser.get(LAST_QUEUE) != (here := request.full_path.rstrip("?")):
        browser[LAST_QUEUE] = here
    return html


def _page(
    queue: Queue, wanted: Wanted, *, found: queues.Page | None = None, columns: list[str] | None = None,
    view_id: int | None = None, errors: Mapping[str, str] | None = None,
) -> str:  # fmt: skip
    session, me = db(), actor()
    at = now()
    after, before = request.args.get("after", ""), request.args.get("before", "")
    page = found or queues.page(session, me, queue, at, wanted, after=after, before=before)
    chosen = columns or chosen_columns(request.values.getlist("column"))
    is_home = queue is Queue.MINE and not wanted.query and not wanted.text
    return render_template(
        "desk/queue.html", queue=queue, title=TITLES[queue], rows=rows_of(session, page.rows, at), page=page,
        wanted=wanted, columns=chosen, COLUMNS=COLUMNS,
        works=_works() if queue is Queue.MINE else {}, WORK_NAMES=WORK_NAMES, now=at, positions=_positions(),
        options=filter_options(session, me), views=saved_views.views_of(session, me), view_id=view_id,
        address=lambda **more: _address(queue, wanted, chosen, **more), typing=_typing() if is_home else [],
        notices=latest(session, me.account_id or 0, limit=8) if is_home else [], errors=errors or {},
        most=queues.MOST, page_size=queues.PAGE, seen=_seen(page),
    )  # fmt: skip


def _seen(page: queues.Page) -> set[int]:
    """The cases that wait for a look of this person and have had it."""
    waiting = [row.case.id for row in page.rows if row.case.stage_does in (StageAction.ENDORSE, StageAction.APPROVE)]
    return looks.looked_at(db(), actor(), waiting) if waiting else set()


def _typing() -> list[tuple[Draft, Published]]:
    """What the officer is typing for somebody at the counter, and has not sent."""
    unsent = drafts.unsent(db(), actor())
    return [(draft, publishing.version(db(), draft.version_id)) for draft in unsent if draft.is_assisted]


def _works() -> dict[Work, int]:
    g.works = found = queues.counts(db(), actor(), now())
    return {work: found[work] for work in Work if found.get(work)}


def _positions() -> list[tuple[str, str, str]]:
    """(agency, role, words) of each position, where there are several to choose between."""
    keys = actor().case_agency_keys
    names = dict(db().execute(select(Agency.key, Agency.name).where(Agency.key.in_(keys))).all())
    held = [(key, role) for key, role in sorted(actor().roles) if key in names]
    found = [(key, role.value, f"{ROLE_NAMES[role]}, {names[key]}") for key, role in held]
    return found if len(found) > 1 else []


def _queue_in(given: Mapping[str, str], usual: Queue) -> Queue:
    name = given.get("queue", "")
    return Queue(name) if name in set(Queue) else usual


def _address(queue: Queue, wanted: Wanted, columns: Sequence[str] = USUAL, **more: Any) -> str:
    """The address of a queue with filters; what is said of people in `text` is left out."""
    query = {**wanted.query, **more}
    given = {**query, **({"column": columns} if tuple(columns) != USUAL else {})}
    if queue is Queue.MINE:
        return url_for("desk.queue", **given)
    which = next(name for name, found in _ADDRESSES.items() if found is queue)
    return url_for("desk.cases_of_agencies", which=which, **given)
