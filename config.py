"""Settings, read once from the environment. A wrong value stops the start with one clear line."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_GATEWAY_PREFIXES = (
    "SMS_", "ZALO_", "EMAIL_", "MESSAGE_", "MESSAGES_", "QUIET_", "CALLBACK_", "PAY_", "RECEIPT_", "SIGN_", "AXIS_",
    "POST_",
)  # fmt: skip
_LONGEST_SOCKET_PATH = 90  # the kernel takes 107 bytes; the servers add a file name to the folder


class WrongSetting(Exception):
    """An environment variable has a value that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between installations. `*_url` None means: the embedded server."""

    var_dir: Path
    host: str
    port: int
    base_url: str
    database_url: str
    redis_url: str
    embedded_postgres: bool
    embedded_valkey: bool
    secret_key: str
    demo: bool
    web_workers: int
    task_workers: int
    max_upload_mb: int
    files_url: str
    s3_endpoint_url: str
    clamd: str
    signature_roots: Path | None
    trusted_proxies: int
    # The variables of gateways for messages and of when they are used, as they are: each gateway reads its own.
    gateways: Mapping[str, str] = field(repr=False)
    standins_port: int
    log_level: str

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        """Settings from `env`. Raises `WrongSetting`."""
        var_dir = Path(env.get("VAR_DIR") or Path(__file__).parent / "var").resolve()
        host = env.get("HOST", "127.0.0.1")
        port = _number(env, "PORT", 8000, 1, 65535)
        run = socket_dir(var_dir)
        # Demonstration accounts have a published password: never by default where others may come. A portal
        # that serves people has a public address, which papers and messages need.
        is_trial = host in ("127.0.0.1", "localhost") and not env.get("BASE_URL")
        demo = _flag(env, "DEMO", default=is_trial)
        # Plays the outside systems on this machine, in a trial: HTTP here, SMPP and SMTP on the two ports after it.
        standins_port = _number(env, "STANDINS_PORT", min(port + 100, 65533), 1, 65533)
        gateways = _gateways(env, standins_port if demo else 0, port, var_dir)
        return cls(
            var_dir=var_dir,
            host=host,
            port=port,
            base_url=_base_url(env, host, port),
            database_url=_database_url(env.get("DATABASE_URL")) or f"postgresql://portal@/portal?host={run}",
            redis_url=env.get("REDIS_URL") or f"unix://{run}/valkey.sock",
            embedded_postgres=not env.get("DATABASE_URL"),
            embedded_valkey=not env.get("REDIS_URL"),
            secret_key=env.get("SECRET_KEY") or _kept_secret(var_dir / "secret_key"),
            demo=demo,
            web_workers=_number(env, "WEB_WORKERS", 2, 1, 64),
            task_workers=_number(env, "TASK_WORKERS", 2, 1, 64),
            max_upload_mb=_number(env, "MAX_UPLOAD_MB", 20, 1, 1000),
            files_url=env.get("FILES_URL", "").rstrip("/"),
            s3_endpoint_url=env.get("S3_ENDPOINT_URL", ""),
            clamd=_clamd(env.get("CLAMD", "")),
            signature_roots=_folder(env, "SIGNATURE_ROOTS") or _roots_of_trial(gateways, var_dir),
            trusted_proxies=_number(env, "TRUSTED_PROXIES", 0, 0, 9),
            gateways=gateways,
            standins_port=standins_port,
            log_level=_one_of(env, "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        )

    @property
    def broker_url(self) -> str:
        """`redis_url` as Celery spells it."""
        return self.redis_url.replace("unix://", "redis+socket://", 1)

    @property
    def files_dir(self) -> Path:
        """Where uploaded papers and results are kept."""
        return self.var_dir / "files"

    @property
    def plays_standins(self) -> bool:
        """True where the outside systems are played on this machine: in a trial that is given no others."""
        return self.gateways.get("SMS_ESMS_URL", "").startswith(f"http://127.0.0.1:{self.standins_port}/")

    @property
    def hears_smsc(self) -> bool:
        """True where SMS go through an SMSC, which reports on a connection of its own."""
        names = self.gateways.get("SMS_GATEWAYS", "").split(",")
        return any(name.strip().partition(":")[0] == "smpp" for name in names)

    @property
    def local_url(self) -> str:
        """Where the web answers on this machine."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_secure(self) -> bool:
        """True when people reach the portal over HTTPS: cookies are then sent over it alone."""
        return self.base_url.startswith("https://")


def socket_dir(var_dir: Path) -> Path:
    """The folder of the embedded servers' sockets: below `var_dir` unless that path is too long for the kernel."""
    run = var_dir / "run"
    if len(str(run)) <= _LONGEST_SOCKET_PATH:
        return run
    return Path(tempfile.gettempdir()) / f"portal-{hashlib.sha256(str(var_dir).encode()).hexdigest()[:12]}"


def _database_url(url: str | None) -> str | None:
    """Accepts the "postgres://" spelling that many hosts hand out."""
    return url.replace("postgres://", "postgresql://", 1) if url else None


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdigit() or not low <= int(text) <= high:
        raise WrongSetting(f"{name}={text!r}: phải là số nguyên từ {low} đến {high}")
    return int(text)


def _one_of(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    text = env.get(name) or default
    if text not in allowed:
        raise WrongSetting(f"{name}={text!r}: phải là một trong {', '.join(allowed)}")
    return text


def _gateways(env: Mapping[str, str], standins_port: int, port: int, var_dir: Path) -> Mapping[str, str]:
    """What gateways read. In a trial without any, the stand-ins on this machine."""
    found = {name: text for name, text in env.items() if name.startswith(_GATEWAY_PREFIXES)}
    if standins_port and not any(env.get(f"{channel}_GATEWAYS") for channel in ("SMS", "ZALO", "EMAIL")):
        found = {**_standins(standins_port, port, var_dir), **found}
    return found


def _roots_of_trial(gateways: Mapping[str, str], var_dir: Path) -> Path | None:
    """The root of the authority that is played in a trial."""
    folder = trial_authority(var_dir)
    return folder / "roots" if gateways.get("SIGN_FILE_FOLDER") == str(folder / "keys") else None


def trial_authority(var_dir: Path) -> Path:
    """Where the authority of a trial keeps its keys, and those that it has given out."""
    return var_dir / "pki"


def _standins(port: int, web_port: int, var_dir: Path) -> dict[str, str]:
    """The gateways of a trial."""
    url = f"http://127.0.0.1:{port}"
    return {
        "SMS_GATEWAYS": "esms:3,smpp:1", "SMS_ESMS_URL": f"{url}/MainService.svc/json",
        "SMS_ESMS_API_KEY": "thu-nghiem",
        "SMS_ESMS_SECRET_KEY": "thu-nghiem", "SMS_ESMS_BRANDNAME": "LANGSON", "SMS_SMPP_HOST": "127.0.0.1",
        "SMS_SMPP_PORT": str(port + 1), "SMS_SMPP_SYSTEM_ID": "thu", "SMS_SMPP_PASSWORD": "dungthu",
        "SMS_SMPP_SENDER": "LANGSON", "EMAIL_GATEWAYS": "smtp", "EMAIL_SMTP_HOST": "127.0.0.1",
        "EMAIL_SMTP_PORT": str(port + 2), "EMAIL_SMTP_SENDER": "khong-tra-loi@langson.example",
        "ZALO_GATEWAYS": "zbs", "ZALO_ZBS_URL": f"{url}/zalo", "ZALO_ZBS_OAUTH_URL": f"{url}/zalo-oauth",
        "ZALO_ZBS_OA_URL": f"{url}/zalo-oa", "ZALO_ZBS_CODE_VERIFIER": "thu-nghiem",
        "ZALO_ZBS_APP_ID": "1234567890", "ZALO_ZBS_APP_SECRET": "thu-nghiem", "ZALO_ZBS_OA_SECRET": "thu-nghiem-oa",
        "ZALO_TEMPLATE": "100001", "SMS_PRICE_VND": "300", "MESSAGES_A_DAY": "500", "QUIET_HOURS": "",
        "MESSAGE_MERGE_SECONDS": "5", "CALLBACK_TOKEN": "thu-nghiem",
        "SMS_ESMS_CALLBACK_URL": f"http://127.0.0.1:{web_port}/nhan/esms/thu-nghiem",
        "PAY_GATEWAYS": "vnpay,national,vietqr", "PAY_VNPAY_PAY_URL": f"{url}/vnpay/pay",
        "PAY_VNPAY_API_URL": f"{url}/vnpay/api", "PAY_VNPAY_TMN_CODE": "LANGSON1",
        "PAY_VNPAY_HASH_SECRET": "thu-nghiem",
        "PAY_NATIONAL_INIT_URL": f"{url}/quoc-gia/init", "PAY_NATIONAL_QUERY_URL": f"{url}/quoc-gia/query",
        "PAY_NATIONAL_BILL_URL": f"{url}/quoc-gia/bill", "PAY_NATIONAL_PARTNER": "LANGSON",
        "PAY_NATIONAL_SECRET": "thu-nghiem", "PAY_VIETQR_ACCOUNTS": "*:970436:1234567890:THU NGHIEM",
        "RECEIPT_PROVIDER": "vnpt", "RECEIPT_TAX_CODES": "*:4900000000",
        **{f"RECEIPT_VNPT_{name.upper()}_URL": f"{url}/bien-lai/{name}" for name in ("publish", "business", "portal")},
        "RECEIPT_VNPT_ACCOUNT": "thu-nghiem", "RECEIPT_VNPT_ACPASS": "thu-nghiem", "RECEIPT_VNPT_USER": "u",
        "SIGN_WAYS": "file,smartca,mysign", "SIGN_FILE_FOLDER": str(trial_authority(var_dir) / "keys"),
        "SIGN_FILE_PASSWORD": "thu-nghiem", "SIGN_TSA_URL": f"{url}/ca/tsa",
        "SIGN_SMARTCA_URL": f"{url}/smartca", "SIGN_SMARTCA_SP_ID": "LANGSON", "SIGN_SMARTCA_SP_PASSWORD": "thu-nghiem",
        "SIGN_MYSIGN_URL": f"{url}/mysign", "SIGN_MYSIGN_CLIENT_ID": "langson",
        "SIGN_MYSIGN_CLIENT_SECRET": "thu-nghiem",
        "AXIS_NAME": "bridge", "AXIS_BRIDGE_URL": f"{url}/truc", "AXIS_BRIDGE_TOKEN": "thu-nghiem",
        "POST_PROVIDER": "vnpost", "POST_VNPOST_URL": f"{url}/vnpost", "POST_VNPOST_CUSTOMER": "LANGSON",
        "POST_VNPOST_TOKEN_URL": f"{url}/vnpost/token", "POST_VNPOST_KEY": "thu-nghiem",
        "POST_VNPOST_SECRET": "thu-nghiem",
        "RECEIPT_VNPT_PASSWORD": "p", "RECEIPT_VNPT_PATTERN": "01BLP0-001", "RECEIPT_VNPT_SERIAL": "TT-26E",
    }  # fmt: skip


def _clamd(address: str) -> str:
    """Where the daemon of ClamAV listens; empty: files are not scanned."""
    if address and not address.startswith(("unix:///", "tcp://")):
        raise WrongSetting("CLAMD: cần dạng unix:///đường/dẫn/clamd.sock hoặc tcp://máy:3310")
    return address


def _folder(env: Mapping[str, str], name: str) -> Path | None:
    path = Path(env[name]) if env.get(name) else None
    if path is not None and not path.is_dir():
        raise WrongSetting(f"{name}={path}: không có thư mục này")
    return path


def _base_url(env: Mapping[str, str], host: str, port: int) -> str:
    """The public address. It is printed on papers, so it is never guessed from a wildcard."""
    if ":" in host:
        raise WrongSetting(f"HOST={host!r}: chỉ nhận địa chỉ IPv4 hoặc tên máy")
    url = env.get("BASE_URL") or ("" if host == "0.0.0.0" else f"http://{host}:{port}")  # noqa: S104 - compared
    if not url.startswith(("http://", "https://")):
        raise WrongSetting("BASE_URL: cần địa chỉ công khai của cổng, ví dụ https://dichvucong.example.vn")
    return url.rstrip("/")


def _flag(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = env.get(name, "1" if default else "0").lower()
    if text not in ("0", "1", "true", "false"):
        raise WrongSetting(f"{name}={text!r}: phải là 0 hoặc 1")
    return text in ("1", "true")


def _kept_secret(path: Path) -> str:
    """The secret key of this installation, made at the first start and readable by its owner alone.

    It appears whole or not at all: the key is written to another file, which is then linked.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or not path.stat().st_size:
            path.unlink(missing_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):  # another process was faster: its key is the key
                os.link(temporary, path)
            os.unlink(temporary)
        return path.read_text()
    except OSError as error:
        raise WrongSetting(f"VAR_DIR={path.parent}: không ghi được ({error.strerror})") from error
