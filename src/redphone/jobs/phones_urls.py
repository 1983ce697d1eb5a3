"""The routes of the telephones, there only while they ring on this machine."""

from django.urls import path

from redphone.jobs import phones

urlpatterns = [
    path("", phones.room, name="phones"),
    path("write/", phones.write, name="phones_write"),
    path("<slug:sid>/<slug:what>/", phones.act, name="phones_act"),
]
