"""The customers' routes."""

from django.urls import path

from redphone.web.customer import cases, frames, report

app_name = "customer"

urlpatterns = [
    path("report/", report.new, name="report"),
    path("my/cases/", cases.listing, name="cases"),
    path("my/cases/<str:ref>/", cases.show, name="case"),
    path("my/cases/<str:ref>/add/", cases.add, name="add"),
    path("my/report/<str:token>/", cases.show_reported, name="reported"),
    path("my/cases/<str:ref>/files/<uuid:number>/", cases.file, name="file"),
    path("my/report/<str:token>/add/", cases.add_reported, name="add_reported"),
    path("my/report/<str:token>/files/<uuid:number>/", cases.reported_file, name="reported_file"),
    path("frame/report/", frames.report, name="framed_report"),
    path("frame/session/", frames.session, name="frame_session"),
    path("frame/reported/<str:token>/", frames.case, name="framed_case"),
    path("frame/reported/<str:token>/add/", frames.add, name="framed_add"),
]
