"""The routes of the mailbox, there only while it runs."""

from django.urls import path

from redphone.jobs import outbox

urlpatterns = [
    path("", outbox.listing, name="outbox"),
    path("<str:name>/", outbox.show, name="outbox_mail"),
    path("<str:name>/html/", outbox.preview, name="outbox_html"),
]
