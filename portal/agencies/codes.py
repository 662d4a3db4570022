"""The two spellings of an agency's identifier: `H37.19.05` (QĐ 20/2020) and `000.05.19.H37` (QCVN 102:2016)."""

import re

_OLD = re.compile(r"^(\d{3})\.(\d{2})\.(\d{2})\.(H\d{2})$")


def new_spelling(code: str) -> str:
    """`code` in the spelling of QĐ 20/2020; empty levels (00) are left out. Other text comes back as it is."""
    match = _OLD.match(code.strip().upper())
    if not match:
        return code.strip().upper()
    levels = [match[4], match[3], match[2], match[1][1:]]
    while levels[-1] == "00":
        levels.pop()
    return ".".join(levels)
