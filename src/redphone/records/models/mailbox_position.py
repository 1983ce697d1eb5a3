"""How far a mailbox elsewhere was read."""

from __future__ import annotations

from django.db import models


class MailboxPosition(models.Model):
    """The last mail of an IMAP folder that is safe with us, by the server's own numbers.

    A server that gives out another `uid_validity` has numbered its mails anew (RFC 3501): all of
    them are read again then, and those that we have stay one mail by their key.
    """

    name = models.TextField(primary_key=True)
    uid_validity = models.BigIntegerField()
    last_uid = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        db_table = "mailbox_position"

    def __str__(self) -> str:
        return self.name
