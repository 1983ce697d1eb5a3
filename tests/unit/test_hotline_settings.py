"""The hotline's settings: what is wrong with them is said at the start."""

import pytest
from django.conf import LazySettings

from redphone.config import checks


def test_a_hotline_that_nobody_can_reach_is_said(settings: LazySettings) -> None:
    settings.HOTLINE_TOKENS = ["token"]
    settings.HOTLINE_FALLBACK = "call Bo"

    here = checks.hotline_is_reached_from_outside()
    nobody = checks.hotline_has_somebody_to_fall_back_on()
    settings.PUBLIC_URL, settings.HOTLINE_FALLBACK = "https://desk.example", "+442079460321"

    assert [one.id for one in (*here, *nobody)] == ["redphone.W020", "redphone.W021"]
    assert checks.hotline_is_reached_from_outside() == []
    assert checks.hotline_has_somebody_to_fall_back_on() == []


@pytest.mark.parametrize(
    "origin", ["api.twilio.com", "https://api.twilio.com/recordings", "ftp://a", "https://u@a", ""]
)
def test_recordings_come_from_origins_only(settings: LazySettings, origin: str) -> None:
    settings.HOTLINE_MEDIA = ["https://api.twilio.com", origin]

    assert [one.id for one in checks.recordings_come_from_named_addresses()] == ["redphone.E022"]


def test_a_region_is_a_country(settings: LazySettings) -> None:
    settings.PHONE_REGION = "GB"
    good = checks.numbers_have_a_region()
    settings.PHONE_REGION = "EUROPE"

    assert good == []
    assert [one.id for one in checks.numbers_have_a_region()] == ["redphone.E023"]
