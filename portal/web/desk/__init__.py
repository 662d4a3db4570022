"""The staff desk: queues, one case on one screen, several at once, the unit."""

from portal.web.desk import bulk, carrying, case, cashier, counter, papers, queues, unit
from portal.web.desk.blueprint import blueprint

__all__ = ["blueprint", "bulk", "carrying", "case", "cashier", "counter", "papers", "queues", "unit"]
