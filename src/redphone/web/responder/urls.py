"""The routes of the responders' face."""

from django.urls import path

from redphone.web.responder import (
    ack,
    board,
    cases,
    customers,
    incidents,
    mails,
    oncall,
    policy,
    tokens,
    webhooks,
)

app_name = "responder"
urlpatterns = [
    path("a/<str:token>/", ack.page, name="answer_page"),
    path("now/", board.board, name="board"),
    path("incidents/<str:ref>/", incidents.incident, name="incident"),
    path("incidents/<str:ref>/draft/", incidents.draft, name="draft"),
    path("incidents/<str:ref>/<slug:verb>/", incidents.act, name="incident_act"),
    path("cases/", cases.case_list, name="cases"),
    path("cases/<str:ref>/", cases.case, name="case"),
    path("cases/<str:ref>/report/", cases.raw, name="raw"),
    path("cases/<str:ref>/files/<uuid:number>/", cases.file, name="file"),
    path("cases/<str:ref>/<slug:verb>/", cases.act, name="case_act"),
    path("mail/", mails.mail_list, name="mails"),
    path("mail/<uuid:number>/", mails.mail, name="mail"),
    path("mail/<uuid:number>/raw/", mails.raw, name="mail_raw"),
    path("mail/<uuid:number>/html/", mails.html, name="mail_html"),
    path("mail/<uuid:number>/<slug:verb>/", mails.act, name="mail_act"),
    path("oncall/", oncall.on_call, name="oncall"),
    path("oncall/<slug:verb>/", oncall.act, name="oncall_act"),
    path("policy/", policy.policy, name="policy"),
    path("tokens/", tokens.token_list, name="tokens"),
    path("tokens/create/", tokens.create, name="token_create"),
    path("tokens/revoke/", tokens.revoke, name="token_revoke"),
    path("webhooks/", webhooks.webhook_list, name="webhooks"),
    path("webhooks/create/", webhooks.create, name="webhook_create"),
    path("webhooks/<int:number>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:number>/<slug:verb>/", webhooks.act, name="webhook_act"),
    path("customers/", customers.customer_list, name="customers"),
    path("add-customer/", customers.add, name="customer_add"),
    path("components/add/", customers.add_component, name="component_add"),
    path("components/set/", customers.set_component, name="component_set"),
    path("customers/<slug:slug>/", customers.customer, name="customer"),
    path("customers/<slug:slug>/person/", customers.add_person, name="person_add"),
    path("customers/<slug:slug>/<slug:verb>/", customers.act, name="customer_act"),
]
