"""The tables, one module a noun.

No column fills itself with the time: the moment is always given, so that a row can be written at
any moment that a test or a replay likes.
"""

from redphone.records.models.alert import Alert, Signal
from redphone.records.models.api_token import ApiToken
from redphone.records.models.attachment import Attachment
from redphone.records.models.call import Call, CallEvent, CustomerPin, Recording
from redphone.records.models.case import CaseRow
from redphone.records.models.chat import ChatSight, HeldMessage
from redphone.records.models.clocks import DeadlineRow
from redphone.records.models.component import Component, ComponentChange
from redphone.records.models.customer import Contact, Customer
from redphone.records.models.delivery import Delivery
from redphone.records.models.device import Device, RuleStep
from redphone.records.models.door import Door
from redphone.records.models.entry import Checkpoint, EntryRow, Words
from redphone.records.models.health import Alarm, Heartbeat
from redphone.records.models.identity_key import IdentityKey, UsedToken
from redphone.records.models.incident import IncidentRow
from redphone.records.models.mailbox_position import MailboxPosition
from redphone.records.models.oncall import Override, RotaShift, Team
from redphone.records.models.person import Person
from redphone.records.models.policy import PolicyVersion
from redphone.records.models.received_mail import ReceivedMail
from redphone.records.models.report import Report
from redphone.records.models.stream import StreamRow
from redphone.records.models.webhook import Webhook, WebhookPost

__all__ = [
    "Alarm",
    "Alert",
    "ApiToken",
    "Attachment",
    "Call",
    "CallEvent",
    "CaseRow",
    "ChatSight",
    "Checkpoint",
    "Component",
    "ComponentChange",
    "Contact",
    "Customer",
    "CustomerPin",
    "DeadlineRow",
    "Delivery",
    "Device",
    "Door",
    "EntryRow",
    "Heartbeat",
    "HeldMessage",
    "IdentityKey",
    "IncidentRow",
    "MailboxPosition",
    "Override",
    "Person",
    "PolicyVersion",
    "ReceivedMail",
    "Recording",
    "Report",
    "RotaShift",
    "RuleStep",
    "Signal",
    "StreamRow",
    "Team",
    "UsedToken",
    "Webhook",
    "WebhookPost",
    "Words",
]
