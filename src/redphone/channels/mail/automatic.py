"""Mails that no person wrote to us just now: answering machines, complaints, machines at large.

An answering machine's mail attaches to its case and never counts as contact; machine mail may
open a case and is never acknowledged (RFC 3834: answer no automatic mail).
"""

from __future__ import annotations

import re

from redphone.channels.mail.headers import Headers
from redphone.channels.mail.incoming import Kind
from redphone.channels.mail.mime import Part

_AWAY = re.compile(
    r"^\W*((aw|re|fw|fwd|sv|antw|odp|r|tr|wg): *)*\W*("
    r"out[- ]of[- ](the )?office|out of (town|the country)|auto(matic|mated|matisch\w*"
    r"|m[aá]t\w*)?[ -]?"
    r"(re(ply|sponse|sponder|spuesta|actie)|respond\w*|antwort\w*|response|generated reply"
    r"|odpowied[zź]"
    r"|svar|beantwort\w*|antwoord)|autoreply|auto:|"
    r"(i am |i'm |currently )?(away (from|until|on|till)|on (vacation|holiday|leave)|vacation"
    r" (message|reply|notice|response))|abwesenheit|automatische (antwort|rückmeldung)"
    r"|ich bin (nicht im"
    r" büro|im urlaub)|r[ée]ponse automatique|absence (du bureau|:)|absent du bureau"
    r"|message d'absence"
    r"|respuesta autom[aá]tica|fuera de (la )?oficina|ausente|resposta autom[aá]tica|ausência"
    r"|risposta automatica|fuori (sede|ufficio)|assenza|automatisch antwoord|afwezig"
    r"|niet aanwezig"
    r"|autosvar|automatisk (svar|t svar)|fravær|frånvaro|poissa(olo)?|automaattinen vastaus"
    r"|odpowied[zź] automatyczna|autoodpowied[zź]|nieobecno|automatick[aá] odpov|nepřítomnost"
    r"|автоответ|автоматический ответ|вне офиса|нет на месте|自動返信|自動応答|不在"
    r"|自动回复|自動回覆"
    r"|외출|부재|자동 ?회신|otomatik yanıt|ofis dışında|automatikus válasz|răspuns automat)",
    re.I,
)
_MACHINE = re.compile(
    r"^(no[-_. ]?reply|do[-_. ]?not[-_. ]?reply|noreply[\w.+-]*|donotreply|nobody"
    r"|mailer[-_]?daemon"
    r"|post_?master|alerts?|alertmanager|alarm|monitor(ing)?|nagios|zabbix|icinga|grafana"
    r"|prometheus"
    r"|sentry|datadog|pagerduty|opsgenie|statuspage|uptime(robot)?|cron|root|daemon|system"
    r"|robot|bot"
    r"|notifications?|notify|bounces?|automation|jenkins|gitlab|github|newsletter|news"
    r"|www-data)"
    r"([-+_.].{0,60})?@",
    re.I,
)


def automatic(root: Part, sender: str) -> tuple[Kind, str] | None:
    """The kind of a mail that isn't a bounce, and which sign told; None for a person's."""
    headers = root.headers
    if why := _feedback(root):
        return Kind.FEEDBACK, why
    if why := _answering(headers, root):
        return Kind.AUTO_REPLY, why
    if why := _machine(headers, sender):
        return Kind.MACHINE, why
    return None


def is_list(headers: Headers) -> bool:
    """Whether a mailing list sent it on."""
    return any(headers.has(name) for name in ("list-id", "list-post", "list-unsubscribe")) or (
        headers.get("precedence").lower().strip() == "list"
    )


def _feedback(root: Part) -> str:
    if root.parameters.get("report-type", "").lower() == "feedback-report" or any(
        part.content_type == "message/feedback-report" for part in root.walk() if part.level == 0
    ):
        return "It is an abuse report: a mailbox's owner complained about a mail of ours."
    subject = root.headers.text("subject").lower()
    if subject.startswith("complaint about message from") or "abuse report" in subject[:40]:
        return "Its subject is that of an abuse report."
    return ""


def _answering(headers: Headers, root: Part) -> str:
    submitted = headers.get("auto-submitted").lower()
    if submitted.startswith(("auto-replied", "auto-reply")):
        return "Its header says Auto-Submitted: auto-replied."
    for name in (
        "x-autoreply",
        "x-autorespond",
        "x-autoresponder",
        "x-auto-reply",
        "x-autoreply-from",
    ):
        if headers.has(name) and headers.get(name).lower() not in ("no", "false", "0"):
            return f"Its header has {name.title()}."
    if headers.get("precedence").lower() in ("auto_reply", "auto-reply", "autoreply"):
        return "Its header says Precedence: auto_reply."
    if headers.has("x-ms-exchange-inbox-rules-loop"):
        return "A rule of a mailbox sent it."
    if root.parameters.get("report-type", "").lower() == "disposition-notification":
        return "It is a receipt: someone's program says that a mail was shown or deleted."
    if re.search(r"vacation|autorespond|auto-?repl", headers.get("x-mailer"), re.I):
        return "A vacation program wrote it."
    subject = headers.text("subject")
    if _AWAY.match(subject):
        return "Its subject is that of an absence notice."
    return ""


def _machine(headers: Headers, sender: str) -> str:
    submitted = headers.get("auto-submitted").lower().strip()
    if submitted and not submitted.startswith("no"):
        return "Its header says Auto-Submitted: auto-generated."
    precedence = headers.get("precedence").lower().strip()
    if precedence in ("bulk", "junk", "list"):
        return f"Its header says Precedence: {precedence}."
    if is_list(headers):
        return "A mailing list sent it."
    suppress = headers.get("x-auto-response-suppress").lower()
    if suppress and suppress != "none":
        return "Its header asks that no machine answers it."
    if headers.has("feedback-id") and headers.has("x-campaign-id"):
        return "It is part of a campaign."
    if headers.has("return-path") and headers.get("return-path").replace(" ", "") == "<>":
        return "It has no return address."
    if _MACHINE.match(sender):
        return "Its sender is the address of a machine."
    return ""
