"""The one blueprint that the pages of this package belong to."""

from flask import Blueprint

blueprint = Blueprint("accounting", __name__, url_prefix="/ke-toan")
