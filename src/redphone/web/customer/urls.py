"""The customers' routes."""

from django.urls import path

from redphone.web.customer import cases, chat, chat_frames, frames, report

app_name = "customer"

urlpatterns = [
    path("report/", report.new, name="report"),
    path("my/cases/", cases.listing, name="cases"),
    path("my/cases/<str:ref>/", cases.show, name="case"),
    path("my/cases/<str:ref>/add/", cases.add, name="add"),
    path("my/report/<str:token>/", cases.show_reported, name="reported"),
    path("my/cases/<str:ref>/files/<uuid:number>/", cases.file, name="file"),
    path("my/report/<str:token>/add/", cases.add_reported, name="add_reported"),
    path("chat/", chat.lobby, name="chat_lobby"),
    path("chat/with/<str:key>/", chat.room, {"how": "by_link"}, name="chat_by_link"),
    path("chat/with/<str:key>/new/", chat.new_lines, {"how": "by_link"}, name="chat_new_by_link"),
    path("chat/with/<str:key>/seen/", chat.seen, {"how": "by_link"}, name="chat_seen_by_link"),
    path("chat/<str:key>/", chat.room, name="chat"),
    path("chat/<str:key>/new/", chat.new_lines, name="chat_new"),
    path("chat/<str:key>/seen/", chat.seen, name="chat_seen"),
    path("my/report/<str:token>/files/<uuid:number>/", cases.reported_file, name="reported_file"),
    path("frame/chat/", chat_frames.lobby, name="framed_chat"),
    path("frame/chat/mine/", chat_frames.mine, name="framed_chats"),
    path("frame/chat/with/<str:key>/", chat_frames.room, name="chat_framed"),
    path("frame/chat/with/<str:key>/new/", chat_frames.new_lines, name="chat_new_framed"),
    path("frame/chat/with/<str:key>/seen/", chat_frames.seen, name="chat_seen_framed"),
    path("frame/report/", frames.report, name="framed_report"),
    path("frame/session/", frames.session, name="frame_session"),
    path("frame/reported/<str:token>/", frames.case, name="framed_case"),
    path("frame/reported/<str:token>/add/", frames.add, name="framed_add"),
]
