"""Many made-up cases, to measure queues with: only where DEMO is on. Their histories are one event without a seal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from portal.agencies.models import Agency
from portal.base.clock import local_day
from portal.identity.models import Account, Position, Role
from portal.publishing.models import ProcedureVersionRow, VersionState
from services_catalog.text import search_words

BATCH = 50_000
# How many of each role an agency has.
_STAFF = {Role.RECEIVING_OFFICER: 2, Role.CASE_OFFICER: 6, Role.HEAD: 2, Role.APPROVER: 2, Role.CLERK: 1,
          Role.ACCOUNTANT: 1}  # fmt: skip
_FAMILY = ("Nguyễn", "Hoàng", "Nông", "Lý", "Vi", "Lương", "Triệu", "Hứa", "Chu", "Đàm", "Lộc", "Dương")
_MIDDLE = ("Văn", "Thị", "Đức", "Minh", "Thu", "Quang", "Ngọc", "Hồng", "Xuân", "Thanh")
_GIVEN = ("An", "Bình", "Cường", "Dũng", "Giang", "Hà", "Hương", "Khánh", "Lan", "Mai", "Nam", "Páo", "Quý", "Sơn",
          "Thảo", "Tuấn", "Uyên", "Vinh", "Yến", "Ậm")  # fmt: skip


def fill(session: Session, cases: int, open_cases: int, now: datetime) -> None:
    """Add so many cases, so many of them open, at all agencies that have a code, with staff to handle them."""
    agencies = session.scalars(select(Agency).where(Agency.is_active, Agency.code.is_not(None))).all()
    _staff(session, agencies, now)
    _prepare(session, agencies)
    done = 0
    first = (session.scalar(text("SELECT coalesce(max(id), 0) FROM cases")) or 0) + 1
    while done < cases:
        many = min(BATCH, cases - done)
        # Open ones are spread evenly through the batches, as they are through the numbers of a real table's end.
        opened = round(open_cases * (done + many) / cases) - round(open_cases * done / cases)
        _add(session, first + done, many, opened, now)
        done += many
        session.commit()
    for table in ("cases", "case_people", "case_events", "case_search"):
        session.execute(text(f"ANALYZE {table}"))


def _staff(session: Session, agencies: Sequence[Agency], now: datetime) -> None:
    """People of each role at each agency, who cannot sign in."""
    if session.scalar(select(func.count()).where(Account.login.like("do-tai-%"))):
        return
    wanted = [(f"do-tai-{a.key}-{role}-{n}", a.key, role) for a in agencies for role, count in _STAFF.items()
              for n in range(count)]  # fmt: skip
    session.execute(insert(Account), [
        {"login": login, "password_hash": "!", "full_name": f"Cán Bộ Số {n}", "is_demo": True, "created_at": now}
        for n, (login, _, _) in enumerate(wanted)
    ])  # fmt: skip
    ids = dict(session.execute(select(Account.login, Account.id).where(Account.login.like("do-tai-%"))).all())
    session.execute(insert(Position), [
        {"account_id": ids[login], "agency_key": agency, "role": role, "valid_from": local_day(now)}
        for login, agency, role in wanted
    ])  # fmt: skip
    session.commit()


def _prepare(session: Session, agencies: Sequence[Agency]) -> None:
    """Temporary tables of what is chosen from."""
    session.execute(text("CREATE TEMP TABLE fill_agencies (n int PRIMARY KEY, key text, code text, officers bigint[])"))
    held: dict[str, list[int]] = {}
    for account_id, key in session.execute(
        select(Position.account_id, Position.agency_key).where(Position.role == Role.CASE_OFFICER)
    ):
        held.setdefault(key, []).append(account_id)
    session.execute(
        text("INSERT INTO fill_agencies VALUES (:n, :key, :code, :officers)"),
        [{"n": n, "key": a.key, "code": a.code, "officers": held.get(a.key, [])} for n, a in enumerate(agencies)],
    )
    session.execute(text("CREATE TEMP TABLE fill_stages (n int PRIMARY KEY, version bigint, code text, stages jsonb)"))
    in_force = select(ProcedureVersionRow).where(ProcedureVersionRow.state == VersionState.PUBLISHED)
    rows = session.scalars(in_force.order_by(ProcedureVersionRow.id)).all()
    session.execute(
        text("INSERT INTO fill_stages VALUES (:n, :version, :code, CAST(:stages AS jsonb))"),
        [{"n": n, "version": row.id, "code": row.procedure_code, "stages": _stages(row)} for n, row in enumerate(rows)],
    )
    session.execute(text("CREATE TEMP TABLE fill_names (n int, part int, name text, plain text)"))
    session.execute(
        text("INSERT INTO fill_names VALUES (:n, :part, :name, :plain)"),
        [{"n": n, "part": part, "name": name, "plain": search_words(name)[0]}
         for part, names in enumerate((_FAMILY, _MIDDLE, _GIVEN)) for n, name in enumerate(names)],
    )  # fmt: skip


def _stages(row: ProcedureVersionRow) -> str:
    stages: list[dict[str, Any]] = row.workflow["stages"][1:]
    return json.dumps([{key: stage[key] for key in ("key", "role", "does")} for stage in stages])


# Agencies are chosen so that a few have most of the work. A tenth of the open ones are at a stage of another agency.
_DRAW = """
CREATE TEMP TABLE fill_drawn ON COMMIT DROP AS
SELECT g.n AS id, g.n - CAST(:first AS bigint) < CAST(:opened AS bigint) AS is_open, floor(power(random(), 2) * a.many)::int AS agency,
       floor(random() * a.many)::int AS other, floor(random() * s.many)::int AS procedure, random() AS chance,
       random() AS stage_chance, random() AS other_chance, random() AS time_chance,
       floor(random() * :families)::int AS family, floor(random() * :middles)::int AS middle,
       floor(random() * :givens)::int AS given
FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS g(n), (SELECT count(*) AS many FROM fill_agencies) a,
     (SELECT count(*) AS many FROM fill_stages) s
"""
_CASES = """
INSERT INTO cases (id, reference, procedure_code, version_id, agency_key, party_keys, channel, contact_name,
  contact_phone, answers, lookup_code, state, stage, stage_role, stage_does, stage_agency_key, assignee_id, version,
  event_number, event_hash, changed_at, submitted_at, acceptance_from, acceptance_due_at, accepted_at, due_at,
  clock_started_at, finished_at, is_granted, decision, commune)
OVERRIDING SYSTEM VALUE
SELECT d.id, a.code || '-' || to_char(d.filed AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYMMDD') || '-' || (d.id + 10000),
  s.code, s.version, a.key, CASE WHEN d.is_away THEN ARRAY[a.key, o.key] ELSE ARRAY[a.key] END,
  CASE WHEN d.chance < 0.8 THEN 'online' ELSE 'desk' END, d.name, '+849' || lpad((d.id % 100000000)::text, 8, '0'),
  '{}', 'FILLED23', d.state, d.stage ->> 'key', d.stage ->> 'role', d.stage ->> 'does',
  CASE WHEN d.stage IS NULL THEN NULL WHEN d.is_away THEN o.key ELSE a.key END,
  CASE WHEN d.stage ->> 'does' = 'propose' THEN h.officers[1 + floor(d.other_chance * cardinality(h.officers))::int] END,
  1, 1, '', d.filed, d.filed, d.filed, d.filed + interval '1 day',
  CASE WHEN d.state <> 'submitted' THEN d.filed + interval '5 hours' END,
  CASE WHEN d.state IN ('in_process', 'finished', 'returned') THEN d.due END,
  CASE WHEN d.state <> 'submitted' THEN d.filed + interval '5 hours' END,
  CASE WHEN d.state IN ('finished', 'returned') THEN d.due - interval '2 hours' END,
  CASE WHEN d.state IN ('finished', 'returned') OR d.stage ->> 'does' <> 'propose' THEN true END,
  CASE WHEN d.state IN ('finished', 'returned') OR d.stage ->> 'does' <> 'propose' THEN '' END, 'Phường Tam Thanh'
FROM fill_ready d JOIN fill_agencies a ON a.n = d.agency JOIN fill_agencies o ON o.n = d.other
JOIN fill_stages s ON s.n = d.procedure JOIN fill_agencies h ON h.n = CASE WHEN d.is_away THEN d.other ELSE d.agency END
"""
_READY = """
CREATE TEMP TABLE fill_ready ON COMMIT DROP AS
SELECT d.*, CASE WHEN d.state = 'in_process' THEN s.stages -> floor(d.stage_chance * jsonb_array_length(s.stages))::int END AS stage,
  d.state = 'in_process' AND d.other_chance < 0.1 AND d.other <> d.agency AS is_away,
  f.name || ' ' || m.name || ' ' || g.name AS name, ARRAY[f.plain, m.plain, g.plain] AS words
FROM (
  SELECT *, CASE WHEN NOT is_open THEN (CASE WHEN chance < 0.9 THEN 'returned' WHEN chance < 0.95 THEN 'declined' ELSE 'withdrawn' END)
                 WHEN chance < 0.1 THEN 'submitted' WHEN chance < 0.2 THEN 'supplement' WHEN chance < 0.22 THEN 'payment'
                 WHEN chance < 0.4 THEN 'finished' ELSE 'in_process' END AS state,
    CASE WHEN is_open THEN CAST(:now AS timestamptz) - time_chance * interval '30 days' ELSE CAST(:now AS timestamptz) - time_chance * interval '1000 days' END AS filed,
    CASE WHEN is_open THEN CAST(:now AS timestamptz) + (time_chance * 40 - 4) * interval '1 day' ELSE CAST(:now AS timestamptz) - time_chance * interval '990 days' END AS due
  FROM fill_drawn) d
JOIN fill_stages s ON s.n = d.procedure
JOIN fill_names f ON f.part = 0 AND f.n = d.family JOIN fill_names m ON m.part = 1 AND m.n = d.middle
JOIN fill_names g ON g.part = 2 AND g.n = d.given
"""
_PEOPLE = """
INSERT INTO case_people (case_id, role, name, citizen_id, phone)
SELECT id, 'owner', name, lpad((20000000000 + id)::text, 12, '0'), '+849' || lpad((id % 100000000)::text, 8, '0') FROM fill_ready
"""
_SEARCH = """
INSERT INTO case_search (case_id, words)
SELECT d.id, array_to_tsvector(d.words || ('+849' || lpad((d.id % 100000000)::text, 8, '0')) || ('@' || a.key)
  || CASE WHEN d.is_away THEN ARRAY['@' || o.key] ELSE '{}' END)
FROM fill_ready d JOIN fill_agencies a ON a.n = d.agency JOIN fill_agencies o ON o.n = d.other
"""
_EVENTS = """
INSERT INTO case_events (case_id, number, event, to_state, at, details, hash)
SELECT id, 1, 'case.submitted', 'submitted', filed, '{}', '' FROM fill_ready
"""


def _add(session: Session, first: int, many: int, opened: int, now: datetime) -> None:
    drawn = {"first": first, "last": first + many - 1, "opened": opened, "families": len(_FAMILY),
             "middles": len(_MIDDLE), "givens": len(_GIVEN)}  # fmt: skip
    session.execute(text(_DRAW), drawn)
    session.execute(text(_READY), {"now": now})
    for statement in (_CASES, _PEOPLE, _SEARCH, _EVENTS):
        session.execute(text(statement))
    session.execute(text("SELECT setval(pg_get_serial_sequence('cases', 'id'), :last)"), {"last": first + many - 1})
