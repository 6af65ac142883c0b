"""What this process counts and times for Prometheus; known to all, knows no one.

Each label has few values that the code names: a route's template and never a path, a handler and
never its arguments. What is in the database is asked when someone reads (services: monitoring).
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from courseflow_admin.errors import (
    CourseFlowError,
    GatewayKeysRefused,
    KeyRefused,
    ProviderRefused,
    ProviderUnreachable,
)

CONTENT_TYPE = CONTENT_TYPE_LATEST
REGISTRY = CollectorRegistry()
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

ProcessCollector(registry=REGISTRY)
_requests = Histogram(
    "courseflow_http_request_seconds",
    "Time to answer HTTP requests, by route template.",
    ("method", "route", "status"),
    buckets=SECONDS,
    registry=REGISTRY,
)
_events = Histogram(
    "courseflow_event_seconds",
    "Time of event handlers of browser tabs.",
    ("handler", "outcome"),
    buckets=SECONDS,
    registry=REGISTRY,
)
_provider_errors = Counter(
    "courseflow_provider_errors_total",
    "Calls that a provider refused or did not answer.",
    ("provider", "kind"),
    registry=REGISTRY,
)
database_up = Gauge(
    "courseflow_database_up", "Whether the database answered this read.", registry=REGISTRY
)
lane_depth = Gauge(
    "courseflow_lane_due", "Jobs that are due now, by lane.", ("lane",), registry=REGISTRY
)
lane_age = Gauge(
    "courseflow_lane_age_seconds",
    "How long the oldest due job has been waiting, by lane.",
    ("lane",),
    registry=REGISTRY,
)
lane_leased = Gauge(
    "courseflow_lane_leased", "Jobs that a worker is at, by lane.", ("lane",), registry=REGISTRY
)
lane_attention = Gauge(
    "courseflow_lane_attention",
    "Jobs that were given up and need attention, by lane.",
    ("lane",),
    registry=REGISTRY,
)
look_lag = Gauge(
    "courseflow_look_lag_seconds",
    "How late the oldest due check of a payment is.",
    registry=REGISTRY,
)
emails = Gauge(
    "courseflow_emails_last_day",
    "E-mails queued in the last 24 hours, by state.",
    ("state",),
    registry=REGISTRY,
)


def request(method: str, route: str, status: int, seconds: float) -> None:
    known = method if method in METHODS else "other"
    _requests.labels(known, route, f"{status // 100}xx").observe(seconds)


@contextmanager
def handled(handler: str) -> Iterator[None]:
    """Time one run of an event handler; what it raises goes on."""
    started, outcome = time.perf_counter(), "ok"
    try:
        yield
    except CourseFlowError:
        outcome = "refused"
        raise
    except Exception:
        outcome = "failed"
        raise
    finally:
        _events.labels(handler, outcome).observe(time.perf_counter() - started)


@contextmanager
def called(provider: str) -> Iterator[None]:
    """Count how a call to a provider failed; the error goes on."""
    try:
        yield
    except (GatewayKeysRefused, KeyRefused):
        _provider_errors.labels(provider, "keys_refused").inc()
        raise
    except ProviderRefused:
        _provider_errors.labels(provider, "refused").inc()
        raise
    except ProviderUnreachable:
        _provider_errors.labels(provider, "unreachable").inc()
        raise


def exposition() -> bytes:
    """Everything, in Prometheus' text format."""
    return generate_latest(REGISTRY)
