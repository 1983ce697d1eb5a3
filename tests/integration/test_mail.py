"""Mail out, as it goes over the wire: real SMTP to a server of our own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from redphone.actions import deliveries
from redphone.channels.mail.send import SmtpMail
from redphone.records.models import Delivery

if TYPE_CHECKING:
    from tests.conftest import Cast
    from tests.integration.conftest import MailRoom

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_a_page_goes_out_as_mail(cast: Cast, mail_room: MailRoom) -> None:
    taken = cast.report(cast.mira)

    deliveries.send_waiting(channel=SmtpMail, now=lambda: NOON + timedelta(seconds=1))

    (page,) = mail_room.to(cast.ana.email)
    assert page["X-Redphone-Ref"] == taken.incident
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent"}
