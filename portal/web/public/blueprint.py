"""The one blueprint that the pages of this package belong to."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)
