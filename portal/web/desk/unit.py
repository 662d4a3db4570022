"""For heads and leaders: who has how much, what is at risk, what is late and where its time went."""

from __future__ import annotations

from flask import render_template
from sqlalchemy import select

from portal.agencies.models import Agency
from portal.base.clock import now
from portal.desk import workload
from portal.web.access import leader
from portal.web.desk.blueprint import blueprint
from portal.web.desk.columns import rows_of
from portal.web.session import actor, db


@blueprint.get("/don-vi")
@leader
def unit() -> str:
    """The units that this person leads."""
    session, me, at = db(), actor(), now()
    keys = me.led_agencies
    late = workload.late(session, me, at)
    risky = workload.at_risk(session, me, at)
    return render_template(
        "desk/unit.html", loads=workload.loads(session, keys, at),
        agencies=session.scalars(select(Agency.name).where(Agency.key.in_(keys)).order_by(Agency.name)).all(),
        risky=rows_of(session, risky, at), now=at, most=workload.MOST,
        late=list(zip(late, rows_of(session, [one.row for one in late], at), strict=True)),
    )  # fmt: skip
