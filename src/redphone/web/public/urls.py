"""The public routes, under /status/."""

from django.urls import path

from redphone.web.public import policy, status

app_name = "status"

urlpatterns = [
    path("", status.now, name="now"),
    path("policy/", policy.policy, name="policy"),
    path("history/", status.history, name="history"),
    path("incident/<str:ref>/", status.incident, name="incident"),
    path("feed.atom", status.atom, name="atom"),
    path("status.json", status.as_json, name="json"),
]
