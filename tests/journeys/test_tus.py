"""Uploads in pieces, spoken by the client of the protocol's own project."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import requests
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from portal.runtime.demo import AGENCY, PASSWORD
from tests.support.answers import PDF
from tests.support.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Applicant:
    """A citizen with a draft, over plain HTTP."""

    def __init__(self, stack: Stack):
        self.http, self.base = requests.Session(), stack.base_url
        self.post("/dang-nhap", login="congdan", password=PASSWORD)
        self.draft = self.post("/thu-tuc/1.001193/nop-ho-so", agency=AGENCY).url.split("/")[4]

    def post(self, path: str, **data: str) -> requests.Response:
        """Send the form of a page."""
        answer = self.http.post(self.base + path, data={"csrf_token": self.token(path), **data}, timeout=30)
        answer.raise_for_status()
        return answer

    def token(self, path: str) -> str:
        """The token of a page."""
        return TOKEN.findall(self.http.get(self.base + path, timeout=30).text)[0]

    def client(self) -> TusClient:
        """A client of tus that is signed in as this person."""
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies)
        headers = {"Cookie": cookies, "X-CSRFToken": self.token(f"/ho-so-nhap/{self.draft}/giay-to")}
        return TusClient(f"{self.base}/ho-so-nhap/{self.draft}/tai-len", headers=headers)

    def papers(self) -> str:
        """The page of the papers."""
        return self.http.get(f"{self.base}/ho-so-nhap/{self.draft}/giay-to", timeout=30).text


def uploader(client: TusClient, content: bytes, name: str, chunk: int = 4000):
    return client.uploader(file_stream=io.BytesIO(content), chunk_size=chunk, metadata={"filename": name, "slot": "0"})


def test_a_file_in_pieces_that_stops_and_goes_on(stack: Stack, tmp_path: Path) -> None:
    applicant = Applicant(stack)
    content = PDF + b"%" + bytes(range(256)) * 200
    first = uploader(applicant.client(), content, "giấy chứng sinh.pdf")
    first.upload_chunk()
    first.upload_chunk()
    address, begun = first.url, first.offset
    assert begun == 8000
    again = applicant.client().uploader(file_stream=io.BytesIO(content), url=address, chunk_size=4000)
    assert again.get_offset() == begun
    again.offset = begun
    again.upload()
    page = applicant.papers()
    assert "giấy chứng sinh.pdf" in page
    link = re.findall(rf'href="(/ho-so-nhap/{applicant.draft}/tep/[0-9a-f-]+)"', page)[0]
    assert applicant.http.get(applicant.base + link, timeout=30).content == content


def test_what_is_refused_says_why(stack: Stack) -> None:
    applicant = Applicant(stack)
    with pytest.raises(TusCommunicationError) as caught:
        uploader(applicant.client(), b"MZ" + bytes(500), "a.exe").upload()
    assert caught.value.status_code == 422
    assert "Không nhận loại tệp này" in caught.value.response_content.decode()
    stranger = TusClient(f"{applicant.base}/ho-so-nhap/{applicant.draft}/tai-len")
    with pytest.raises(TusCommunicationError):
        uploader(stranger, PDF, "a.pdf").upload()
    other = Applicant(stack)
    url = f"{applicant.base}/ho-so-nhap/{other.draft}/tai-len"
    headers = {"Tus-Resumable": "1.0.0", "X-CSRFToken": applicant.token("/ho-so")}
    for more, status in (
        ({"Upload-Length": str(10**10), "Upload-Metadata": "slot MA=="}, 413),
        ({"Upload-Length": "5"}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "slot OTk="}, 404),
        ({"Upload-Length": "x", "Upload-Metadata": "slot MA=="}, 400),
        ({"Upload-Length": "5", "Upload-Metadata": "slot MA==", "Tus-Resumable": "0.2"}, 412),
    ):
        assert other.http.post(url, headers={**headers, "X-CSRFToken": other.token("/ho-so"), **more}, timeout=30
                               ).status_code == status  # fmt: skip
