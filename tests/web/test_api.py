"""Open data: filters, ETag, dumps, and a description that is true."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services_catalog.loader import load_catalog
from services_catalog.model import Procedure
from tests.publishing.test_versions import publish
from tests.support.desk import Desk


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def test_filters_narrow(client: FlaskClient) -> None:
    everything = client.get("/api/v1/procedures").json["total"]
    civil = client.get("/api/v1/procedures?sector=ho-tich").json["total"]
    both = client.get("/api/v1/procedures?sector=ho-tich&level=province").json["total"]
    assert everything > civil > both > 0
    assert client.get("/api/v1/procedures?sector=khong-co").json == {"total": 0, "items": []}


def test_the_same_answer_is_not_sent_twice(client: FlaskClient) -> None:
    for path in ("/api/v1/procedures?q=khai+sinh", "/api/v1/procedures/1.001193", "/api/v1/procedures.jsonl"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_the_dump_is_the_catalogue(client: FlaskClient) -> None:
    lines = client.get("/api/v1/procedures.jsonl").text.splitlines()
    catalog = load_catalog()
    assert len(lines) == 1016
    names = {name: key for key, name in catalog.sectors.items()}
    for line in lines:
        document = json.loads(line)
        document["sector"] = names[document["sector"]]
        assert Procedure.model_validate(document) == catalog.procedures[document["code"]]


def test_the_table_has_a_row_for_each(client: FlaskClient) -> None:
    text = client.get("/api/v1/procedures.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 1016
    birth = next(row for row in rows if row["code"] == "1.001193")
    assert birth["name"] == "Thủ tục đăng ký khai sinh"
    assert birth["channels"] == "online; desk; post"


def test_the_description_names_every_route_and_no_other(app: Flask, client: FlaskClient) -> None:
    described = set(client.get("/api/v1/openapi.json").json["paths"])
    routes = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
    }
    assert described == routes


def test_the_table_has_no_formulas(app: Flask, desk: Desk) -> None:
    publish(desk, name="=HYPERLINK(1)")
    table = app.test_client().get("/api/v1/procedures.csv").text
    assert "'=HYPERLINK(1)" in table
    assert "@communes" not in table
    assert "Ủy ban nhân dân xã, phường" in table


def test_a_limit_of_many_digits_is_refused(app: Flask) -> None:
    assert app.test_client().get("/api/v1/procedures?limit=" + "9" * 5000).status_code == 422
