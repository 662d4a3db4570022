"""Papers that go out, for those who sign and those who keep the registers."""

from portal.web.issuing import exchange, registers, signing
from portal.web.issuing.blueprint import blueprint

__all__ = ["blueprint", "exchange", "registers", "signing"]
