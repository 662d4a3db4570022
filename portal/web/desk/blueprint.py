"""The blueprint that all pages of the desk belong to."""

from flask import Blueprint

blueprint = Blueprint("desk", __name__, url_prefix="/can-bo")
