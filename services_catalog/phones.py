"""Vietnamese phone numbers, as people type them and as they are kept (+84…)."""

from __future__ import annotations

import re

import phonenumbers

# Mobile numbers by shape: `phonenumbers` lags behind the prefixes that small networks get (055, 099).
_MOBILE = re.compile(r"^0[35789]\d{8}$", re.ASCII)
_LANDLINE = re.compile(r"^\+842\d{9}$", re.ASCII)
_ELEVEN = re.compile(r"^(0\d{3})(\d{7})$", re.ASCII)
# The conversion of 2018: prefixes of eleven digits became ones of ten.
_SINCE_2018 = {
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078", "0123": "083", "0124": "084",
    "0125": "085", "0127": "081", "0129": "082", "0162": "032", "0163": "033", "0164": "034", "0165": "035",
    "0166": "036", "0167": "037", "0168": "038", "0169": "039", "0186": "056", "0188": "058", "0199": "059",
}  # fmt: skip


def phone_of(typed: str) -> str | None:
    """The number as it is kept, or None where it is none. Numbers of before 2018 become those of today."""
    digits = re.sub(r"[\s.\-()]", "", typed)
    national = re.sub(r"^(\+84|0084|84(?=\d{9,10}$))", "0", digits)
    if (old := _ELEVEN.match(national)) and old[1] in _SINCE_2018:
        national = _SINCE_2018[old[1]] + old[2]
    if _MOBILE.match(f"0{national}"):  # a spreadsheet has taken it for a number
        national = f"0{national}"
    if _MOBILE.match(national):
        return f"+84{national[1:]}"
    try:
        number = phonenumbers.parse(typed, "VN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    # The library still takes mobile prefixes that ended in 2018.
    return None if found.startswith("+84") and not _LANDLINE.match(found) else found


def gets_messages(phone: str) -> bool:
    """True for mobile numbers of Vietnam: others get no SMS and have no Zalo here."""
    return bool(_MOBILE.match(phone.replace("+84", "0", 1)))
