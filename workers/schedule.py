"""The whole timetable of beat, on one screen. Seconds."""

SCHEDULE = {
    "send again what failed or was lost": {"task": "outbox.resend_due", "schedule": 5.0},
}
