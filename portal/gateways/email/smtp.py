"""E-mail through an SMTP server: text and HTML; the Message-ID follows from the key, so that doubles can be told."""

from __future__ import annotations

import html
import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr

from portal.gateways.messages import (
    Accepted,
    Fate,
    GatewayDown,
    NotConfigured,
    Outgoing,
    Refused,
    TryLater,
    Unclear,
    WrongMessage,
    required,
)

_SECONDS = 15


@dataclass
class Smtp:
    """An account at a mail server. `security`: none, starttls or tls."""

    host: str
    port: int
    sender: str
    security: str = "none"
    user: str = ""
    password: str = ""
    name: str = "smtp"
    drops_doubles: bool = False

    def send(self, message: Outgoing) -> Accepted:
        """Hand `message` over."""
        mail = self._mail(message)
        try:
            server = self._connected()
        except smtplib.SMTPAuthenticationError as error:
            raise GatewayDown(f"smtp {error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise TryLater(f"smtp {type(error).__name__}") from error
        try:
            with server:
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise (Refused if code >= 500 else TryLater)(f"smtp {code}") from error
        except smtplib.SMTPSenderRefused as error:
            raise GatewayDown(f"smtp {error.smtp_code}") from error
        except smtplib.SMTPDataError as error:
            raise (WrongMessage if error.smtp_code >= 500 else TryLater)(f"smtp {error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Unclear(f"smtp {type(error).__name__}") from error
        return Accepted(str(mail["Message-ID"]))

    def find(self, key: str, provider_id: str | None) -> Fate:
        """Mail servers answer no questions."""
        return Fate.UNKNOWN

    def close(self) -> None:
        """Each message has a connection of its own: there is none to let go of."""

    def _mail(self, message: Outgoing) -> EmailMessage:
        mail = EmailMessage()
        domain = self.sender.rpartition("@")[2]
        mail["Subject"], mail["To"] = message.subject, message.to
        mail["From"] = formataddr(("Cổng dịch vụ công", self.sender))
        mail["Message-ID"] = f"<{message.key}@{domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        lines = "".join(f"<p>{html.escape(line)}</p>" for line in message.text.splitlines() if line.strip())
        mail.add_alternative(f'<!doctype html><html lang="vi"><body>{lines}</body></html>', subtype="html")
        return mail

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=_SECONDS)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=_SECONDS)
        if self.security == "starttls":
            server.starttls()
        if self.user:
            server.login(self.user, self.password)
        return server


def open_gateway(env: Mapping[str, str]) -> Smtp:
    """EMAIL_SMTP_HOST, _PORT, _SENDER; _SECURITY (none, starttls, tls), _USER and _PASSWORD if needed."""
    host, port, sender = required(env, "EMAIL_SMTP_HOST", "EMAIL_SMTP_PORT", "EMAIL_SMTP_SENDER")
    security = env.get("EMAIL_SMTP_SECURITY") or "none"
    if not port.isdecimal():
        raise NotConfigured("EMAIL_SMTP_PORT: phải là số")
    if security not in ("none", "starttls", "tls"):
        raise NotConfigured("EMAIL_SMTP_SECURITY: phải là none, starttls hoặc tls")
    return Smtp(host, int(port), sender, security, env.get("EMAIL_SMTP_USER", ""), env.get("EMAIL_SMTP_PASSWORD", ""))
