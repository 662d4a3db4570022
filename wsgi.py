"""What a WSGI server and the `flask` command serve."""

from config import Settings
from portal.base import logs
from portal.web.app import create_app

settings = Settings.from_env()
logs.configure(settings.log_level)
app = create_app(settings)
