"""The names under which monitors keep what an alert is made of, without case and punctuation.

Where an order matters, the most telling name comes first.
"""

from __future__ import annotations

LISTS = ("alerts", "events", "incidents", "problems", "notifications", "messages", "alarms")
"""Lists whose items are alerts of their own."""

TITLES = (
    "title", "alerttitle", "incidenttitle", "problemtitle", "issuetitle", "eventtitle", "summary",
    "headline", "subject", "shortsummary", "problem", "trigger", "eventdefinitiontitle",
)  # fmt: skip
NAMES = (
    "alertname", "alarmname", "rulename", "alertrule", "triggername", "problemname", "checkname",
    "monitorname", "monitorfriendlyname", "conditionname", "incidentname", "testname",
    "searchname", "policyname", "jobname", "check", "alert", "alarm", "name", "displayname",
)  # fmt: skip
SAYS = (
    "message", "msg", "alertmessage", "shortmessage", "text", "resultdescription", "description",
    "incidentreason", "reason", "statusreason", "newstatereason", "errormessage", "error",
    "ruleexpression", "output", "checkoutput", "body", "content", "fallback", "details", "detail",
    "information", "longdescription", "checkerrormessage", "failurereason",
    "cause", "alertdetails", "event", "eventname", "data",
)  # fmt: skip

STATES = (
    "status", "state", "currentstate", "newstate", "newstatevalue", "currentstatus", "alertstate",
    "alertstatus", "incidentstate", "incidentstatus", "monitorstatus", "checkstatus",
    "eventstatus", "problemstatus", "monitorcondition", "eventaction", "alertaction", "action",
    "transition", "alerttransition", "changetype", "actiongroup", "conclusion",
)  # fmt: skip
HINTS = (
    "eventtype", "alerttype", "alerttypefriendlyname", "notificationtype", "event", "eventname",
    "type", "kind", "result", "outcome", "severity", "alertseverity", "level", "alertlevel",
    "color", "data",
)  # fmt: skip
"""Names whose values may tell the state, but often mean something else: a title overrules them."""

WRONG_IF_TRUE = (
    "firing",
    "triggered",
    "isfiring",
    "isactive",
    "active",
    "isdown",
    "down",
)
OVER_IF_TRUE = (
    "resolved",
    "isresolved",
    "recovered",
    "isup",
    "up",
    "healthy",
    "closed",
    "fixed",
    "isfixed",
)
OVER_SINCE = ("resolvedat", "recoveredat", "closedat", "endedat", "clearedat", "dateend")

SEVERITIES = (
    "severity", "alertseverity", "triggerseverity", "priority", "urgency", "criticality", "level",
    "loglevel", "importance", "importancelevel", "alertlevel", "impact",
)  # fmt: skip
PLACES = (
    "service", "servicename", "component", "componentname", "host", "hostname", "entity",
    "application", "applicationname", "app", "appname", "resource", "resourcename", "device",
    "devicename", "instance", "server", "servername", "node", "nodename", "namespace", "cluster",
    "projectname", "project", "source",
)  # fmt: skip
COMPONENTS = (*PLACES[:-3], "monitorname", "checkname", *PLACES[-3:])
"""Where something is wrong; what watches there stands for it, where nothing else does."""

STARTS = (
    "startedat", "startsat", "starttime", "startdate", "datestart", "triggeredat", "firedat",
    "firstseen", "openedat", "occurredat", "createdat", "incidenttimeiso", "eventtime",
    "timestamp", "datetime", "time", "date",
)  # fmt: skip
SENDERS = ("client", "monitoringtool", "monitoringservice", "origin", "product", "integrationname")
LINKS = (
    "alerturl", "incidenturl", "problemurl", "issueurl", "eventurl", "link", "url", "alertlink",
    "htmlurl", "weburl", "permalink", "titlelink", "dashboardurl", "ruleurl", "checkurl",
)  # fmt: skip

OWN_KEYS = (
    "dedupkey", "deduplicationkey", "alias", "fingerprint", "incidentkey", "alertkey",
    "problemkey", "correlationkey", "correlationid", "aggregationkey", "groupkey", "incidentid",
    "problemid", "alertid", "alertuid", "incidentuid", "issueid", "alarmid", "alarmarn",
)  # fmt: skip
RULE_KEYS = (
    "triggerid", "monitorid", "checkid", "alertruleid", "ruleid", "conditionid", "testid",
    "eventdefinitionid", "streamid", "policyid",
)  # fmt: skip
"""What watches; with where it watches, that is the trouble."""

INNER_KEYS = ("dataid", "attributesid", "payloadid", "objectid", "itemid")
"""Numbers of what a message carries, where the message itself has none."""
