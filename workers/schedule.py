"""The whole timetable of beat, on one screen. Seconds."""

from typing import Any

SCHEDULE: dict[str, dict[str, Any]] = {
    "send again what failed or was lost": {"task": "outbox.resend_due", "schedule": 5.0},
    "send messages whose time has come": {
        "task": "notifications.send_due",
        "schedule": 3.0,
        "options": {"expires": 20},
    },
    "send bulk messages": {"task": "notifications.send_bulk", "schedule": 5.0, "options": {"expires": 20}},
    "see how the gateways do": {"task": "notifications.measure", "schedule": 10.0},
    "renew tokens of providers": {"task": "notifications.renew_tokens", "schedule": 3600.0},
    "ask about payments": {"task": "payments.ask_due", "schedule": 60.0, "options": {"expires": 50}},
    "tell gateways of refunds": {"task": "payments.refund_due", "schedule": 30.0, "options": {"expires": 25}},
    "hand receipts to their provider": {"task": "payments.provide_due", "schedule": 60.0, "options": {"expires": 50}},
    "warn of due times": {"task": "cases.warn", "schedule": 30.0},
    "close opinions that nobody gave in time": {"task": "cases.close_opinions", "schedule": 60.0},
    "put off what was due in an outage": {"task": "cases.shift_clocks", "schedule": 10.0},
    "remind of results that nobody has fetched": {"task": "cases.remind", "schedule": 3600.0},
    "set stuck cases going": {"task": "cases.set_going", "schedule": 60.0},
    "publish versions whose day has come": {"task": "publishing.put_in_force", "schedule": 600.0},
    "end units whose last day is over": {"task": "administration.end_units", "schedule": 600.0},
    "forget old requests of partners": {"task": "identity.forget_keys", "schedule": 86400.0},
    "hand papers over to other agencies": {"task": "exchange.hand_over", "schedule": 10.0, "options": {"expires": 30}},
    "take in papers of other agencies": {"task": "exchange.take_in", "schedule": 30.0, "options": {"expires": 60}},
    "speak to carriers": {"task": "posting.carry", "schedule": 15.0, "options": {"expires": 30}},
    "try again what could not be signed": {"task": "issuing.set_going", "schedule": 60.0},
    "see who has signed on the phone": {"task": "issuing.poll", "schedule": 4.0, "options": {"expires": 20}},
    "scan files that the scanner has not seen": {"task": "documents.scan_waiting", "schedule": 60.0},
    "delete files that nothing refers to": {"task": "documents.forget_unused", "schedule": 86400.0},
}
EVERY: dict[str, float] = {entry["task"]: entry["schedule"] for entry in SCHEDULE.values()}
