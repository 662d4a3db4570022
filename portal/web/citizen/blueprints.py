"""What citizens do: apply, follow their cases, keep their papers."""

from flask import Blueprint

drafts = Blueprint("drafts", __name__)
cases = Blueprint("cases", __name__)
wallet = Blueprint("wallet", __name__)
