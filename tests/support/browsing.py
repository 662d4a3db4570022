"""A browser of the test client in which somebody is signed in already."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from portal.identity.models import Account
from portal.web.session import session_id


def client_of(app: Flask, account_id: int) -> FlaskClient:
    """Signed in without a password, which takes long to check."""
    client = app.test_client()
    with app.extensions["database"].session() as database:
        key = session_id(database.get_one(Account, account_id))
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = key, True
    return client
