"""The one blueprint that the resources of the API belong to."""

from flask import Blueprint

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
