"""People who are signed in."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.test_access import sign_in


def person(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, login)
    return client


@pytest.fixture
def citizen(app: Flask) -> FlaskClient:
    return person(app, "congdan")


@pytest.fixture
def editor(app: Flask) -> FlaskClient:
    return person(app, "bientap")


@pytest.fixture
def approver(app: Flask) -> FlaskClient:
    return person(app, "duyetdanhmuc")
