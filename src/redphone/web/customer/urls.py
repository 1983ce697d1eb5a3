"""The customers' routes."""

from django.urls import path

from redphone.web.customer import cases, report

app_name = "customer"

urlpatterns = [
    path("report/", report.new, name="report"),
    path("my/cases/", cases.listing, name="cases"),
    path("my/cases/<str:ref>/", cases.show, name="case"),
    path("my/cases/<str:ref>/add/", cases.add, name="add"),
    path("my/report/<str:token>/", cases.show_reported, name="reported"),
    path("my/report/<str:token>/add/", cases.add_reported, name="add_reported"),
]
