"""Settings that several tests of services share."""

import pytest


@pytest.fixture
def kolkata(configure, database) -> None:
    """Its days begin at 18:30 UTC."""
    configure(SCHOOL_TIMEZONE="Asia/Kolkata")
