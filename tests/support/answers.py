"""Answers to the birth registration form, as a person types them."""

BIRTH: dict[str, dict[str, str]] = {
    "requester": {
        "requester_name": "Nguyễn Văn A",
        "requester_citizen_id": "020090001234",
        "requester_phone": "0912 345 678",
        "requester_residence__province": "20",
        "requester_residence__commune": "Phường Tam Thanh",
        "requester_relation": "father",
    },
    "child": {
        "child_name": "Nguyễn Thị Ậm Ợ",
        "child_born_on": "5/3/2026",
        "child_sex": "female",
        "child_ethnicity": "Tày",
        "child_nationality": "Việt Nam",
        "child_birth_place": "Bệnh viện Đa khoa tỉnh Lạng Sơn",
        "child_native_place": "Xã Chi Lăng, tỉnh Lạng Sơn",
    },
    "mother": {
        "mother_name": "Nguyễn Thị B",
        "mother_birth_year": "1995",
        "mother_ethnicity": "Nùng",
        "mother_nationality": "Việt Nam",
        "mother_residence__province": "20",
        "mother_residence__commune": "Tam Thanh",
    },
    "father": {},
    "copies": {"copies": "2"},
    "receiving": {"receive_by": "online"},
}

# The smallest PDF with a page.
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def flat(steps: dict[str, dict[str, str]]) -> dict[str, str]:
    """The answers of all steps together, as a draft keeps them."""
    return {name: text for step in steps.values() for name, text in step.items()}
