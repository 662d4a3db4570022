"""The storage of an installation."""

from __future__ import annotations

from pathlib import Path

from portal.gateways.storage import Storage
from portal.gateways.storage.folder import FolderStorage
from portal.gateways.storage.objects import ObjectStorage


def connect(folder: Path, url: str = "", endpoint: str = "") -> Storage:
    """`folder`, or objects below `url` where it is given (of the S3 at `endpoint`). Opens nothing yet."""
    if not url:
        return FolderStorage(folder)
    return ObjectStorage(url, **({"endpoint_url": endpoint} if endpoint else {}))
