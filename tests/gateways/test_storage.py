"""Both places for files keep one contract: a folder, and objects of S3 over the wire."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from portal.gateways.storage import Storage
from portal.gateways.storage.connect import connect

_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@contextlib.contextmanager
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, str]]:
    for name, value in _KEYS.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        bucket = f"ho-so-{uuid.uuid4().hex[:8]}"  # the stand-in remembers buckets of earlier tests
        boto3.client("s3", endpoint_url=address).create_bucket(Bucket=bucket)
        yield address, f"s3://{bucket}/tep"
    finally:
        server.stop()


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    if request.param == "folder":
        yield connect(tmp_path)
        return
    with s3(monkeypatch) as (address, url):
        yield connect(tmp_path, url, address)


def test_bytes_are_kept_by_their_hash(storage: Storage) -> None:
    first = storage.put("giấy".encode())
    assert storage.put("giấy".encode()) == first
    assert storage.get(first) == "giấy".encode()
    assert storage.has(first)
    assert not storage.has("0" * 64)
    with pytest.raises(FileNotFoundError):
        storage.get("0" * 64)


def test_old_bytes_are_found_and_forgotten(storage: Storage) -> None:
    first = storage.put(b"x")
    now = datetime.now(UTC)
    assert list(storage.older_than(now + timedelta(hours=1))) == [first]
    assert list(storage.older_than(now - timedelta(hours=1))) == []
    storage.delete(first)
    storage.delete(first)
    assert not storage.has(first)


def test_pieces_are_joined_in_order_and_do_not_count_as_files(storage: Storage) -> None:
    storage.put_part("a", 5, b"world")
    storage.put_part("a", 0, b"hello")
    storage.put_part("a", 0, b"HELLO")
    assert storage.join_parts("a") == b"HELLOworld"
    assert list(storage.older_than(datetime.now(UTC) + timedelta(hours=1))) == []
    storage.drop_parts("a")
    storage.drop_parts("a")
    assert storage.join_parts("a") == b""


def test_the_quarantine_lies_apart(storage: Storage) -> None:
    sha256 = storage.quarantined().put(b"bad")
    assert not storage.has(sha256)
    assert storage.quarantined().get(sha256) == b"bad"
    assert list(storage.older_than(datetime.now(UTC) + timedelta(hours=1))) == []
