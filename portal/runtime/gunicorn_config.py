"""How gunicorn serves the portal. Threads, so that slow phones do not hold a whole worker."""

from typing import Any

from portal.runtime.supervisor import die_with_parent

worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 15
keepalive = 15
limit_request_line = 8190
max_requests = 5000
max_requests_jitter = 500
accesslog = None  # the portal logs requests itself, without query strings
control_socket_disable = True


def post_fork(server: Any, worker: Any) -> None:
    """A worker never outlives its master."""
    die_with_parent()
