"""How the domain says no. Anything else that is raised is a bug."""


class Refusal(Exception):
    """A request that the rules do not allow; `message` says why in words for the person.

    `code` is stable, for the API and for tests.
    """

    def __init__(self, code: str, message: str):
        self.code = code
        self.message = message
        super().__init__(message)


class NotFound(Refusal):
    """Absent, or not for this person: the answer is the same on purpose."""

    def __init__(self, message: str = "Không tìm thấy."):
        super().__init__("not_found", message)


class Forbidden(Refusal):
    """The person is known but has no right to this."""

    def __init__(self, message: str = "Bạn không có quyền làm việc này."):
        super().__init__("forbidden", message)


class Stale(Refusal):
    """Somebody else was faster; the person should look again."""

    def __init__(self, message: str):
        super().__init__("stale", message)


class Invalid(Refusal):
    """Fields are missing or wrong: `errors` has a sentence for each field name."""

    def __init__(self, errors: dict[str, str]):
        self.errors = errors
        super().__init__("invalid", " ".join(errors.values()))
