"""How many papers a core renders and signs in a second: the person, the agency, timestamps, and the evidence (B-LTA).

One process, one paper at a time; the authority answers from the same process, so its work is in the figures.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from portal.documents.example import example_of
from portal.documents.papers import render, render_to_sign
from portal.gateways.storage.folder import FolderStorage
from portal.issuing import pades, signing
from tests.support.pki import Pki

_SECONDS = 5.0


def rate(work: Callable[[], object]) -> float:
    """How often in a second, after a first time that is not counted."""
    work()
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < _SECONDS:
        work()
        count += 1
    return count / (time.perf_counter() - began)


def run() -> None:
    """Print the figures."""
    with TemporaryDirectory() as folder:
        pki = Pki(Path(folder))
        tools = pki.tools(FolderStorage(Path(folder) / "files"))
        data = example_of("decision")
        rendered = rate(lambda: render("decision", data))

        def sign(tsa_url: str, *, is_archived: bool) -> bytes:
            pdf, anchor = render_to_sign("decision", data)
            places = signing.places_for(pdf, anchor)
            pdf = pades.with_fields(pdf, [pades.Field(name, place) for name, place in places.items()])
            for key, name in (("nguoi-ky.p12", signing.PERSON), ("co-quan.p12", signing.SEAL)):
                signer = tools.signers["file"]
                chain = signer.certificate(key)
                prepared = pades.prepare(pdf, chain.certificate, pades.Field(name), "Ký")
                signature = signer.sign(key, prepared.attributes)  # type: ignore[union-attr]
                pdf = pades.finish(prepared, (chain.certificate, *chain.others), signature, tsa_url)
            return pades.archive(pdf, tools.roots, tsa_url) if is_archived else pdf

        plain = rate(lambda: sign("", is_archived=False))
        whole = rate(lambda: sign(tools.tsa_url, is_archived=True))
        pki.web.close()
    print(f"{'papers rendered (PDF/A)':<44} {rendered:7.1f} a second and core")
    print(f"{'rendered and signed twice (B-B)':<44} {plain:7.1f} a second and core")
    print(
        f"{'the same with timestamps and evidence (B-LTA)':<44} {whole:7.1f} a second and core,"
        f" {rendered / whole:.0f} times as long as rendering"
    )


if __name__ == "__main__":
    run()
