"""The one blueprint that the pages of this package belong to."""

from flask import Blueprint

blueprint = Blueprint("issuing", __name__, url_prefix="/can-bo")
