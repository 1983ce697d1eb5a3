"""Why a mail did not arrive: by the words of mail servers, and by their enhanced status codes.

The reasons are the vocabulary of the field (`userunknown`, `mailboxfull`, …). Words come first,
since servers are careless with codes: many give 5.0.0 or 5.7.1 for everything.
"""

from __future__ import annotations

import re

HARD = frozenset({"userunknown", "hostunknown", "hasmoved", "notaccept"})
"""Reasons that say that the address itself takes no mail. All others may pass."""

# Reason, and the words by which servers say it; small letters, tried in this order.
_WORDS: tuple[tuple[str, str], ...] = (
    ("contenterror", r"duplicate header|transaction failed: (?:duplicate|invalid)"),
    ("securityerror", r"unauthenticated senders not allowed|authentication (?:is )?required"),
    (
        "userunknown",
        r"recipient address rejected: access denied|unknown recipient|recipientnotfound",
    ),
    ("badreputation", r"unexpected volume or user complaints"),
    ("toomanyconn", r"too many recipients"),
    ("rejected", r"google groups|domain of sender|groups\.google\.com"),
    ("notcompliantrfc", r"multiple .{0,12}addresses in from"),
    ("norelaying", r"email address is not verified|not configured to relay"),
    ("syntaxerror", r"not implemented|improper sequence|bad sequence of commands"),
    ("hostunknown", r"unrouteable (?:mail )?(?:address|domain)"),
    ("notaccept", r"no mx (?:record )?found|null ?mx"),
    (
        "networkerror",
        r"network error|establish an smtp connection|lost connection|connection (?:reset|dropped)",
    ),
    ("blocked", r"no access from mail server|use the smtp server of your isp"),
    (
        "systemerror",
        r"insufficient permission|queue file write|^(?:554 )?(?:5\.\d\.\d )?transaction failed$",
    ),
    (
        "expired",
        r"host not reachable|did not accept our requests to connect|delayed for more than",
    ),
    (
        "mailboxfull",
        r"mailbox (?:is )?(?:full|exceed\w*|size limit|over ?quota|has exceeded)|over ?quota|quota"
        r" (?:is )?exceeded|exceed\w* .{0,30}quota|quota.{0,20}full|disk quota|full mailbox|mail"
        r" ?box .{0,40}(?:full|quota|exceeded)|inbox is full|storage (?:limit|quota)|maildir"
        r" over|out of storage|account is over|allocated storage|user has too many messages|"
        r"insufficient (?:disk|mailbox) space|exceeded storage|mailfolder is full|too much mail"
        r" data|no space left for this user|user is overquota|recipient.{0,20}full|size limit for"
        r" (?:this|the) mailbox|would exceed mailbox",
    ),
    (
        "mesgtoobig",
        r"message (?:file |body |size )?(?:is )?(?:too (?:big|large)|exceeds|larger)|size exceeds|"
        r"exceed\w* .{0,30}(?:maximum|max|fixed) .{0,20}(?:size|length)|size limit|too large|"
        r"max(?:imum)? message size|message length exceeds|line limit exceeded|mail size limit",
    ),
    (
        "exceedlimit",
        r"message too large for this .{0,20}recipient|exceeds? .{0,20}recipient.s limit|message"
        r" limit.{0,10}for (?:this|the) recipient|5\.2\.3\b",
    ),
    (
        "suspend",
        r"(?:account|mailbox|user|recipient|address|domain)\w* .{0,40}(?:disabled|inactive|"
        r"suspend\w*|deactivated|locked|frozen|on hold|restricted from receiving|not active|"
        r"blocked for inactivity|expired|temporarily unavailable|has been (?:disabled|suspended))|"
        r"(?:disabled|inactive|suspended|deactivated) (?:user|account|mailbox|recipient|domain)|"
        r"mailbox (?:is )?(?:currently )?(?:disabled|frozen|unavailable or access denied)|user"
        r" suspended|email account .{0,30}(?:is|has been) (?:inactive|disabled)|boite du|"
        r"has been suspended|account is not (?:active|allowed)|user account has expired",
    ),
    (
        "hasmoved",
        r"(?:has|was) (?:been )?(?:moved|replaced|changed) (?:to|by)|user has moved|"
        r"new address is|"
        r"has moved|address .{0,40}(?:changed|replaced)",
    ),
    (
        "norelaying",
        r"relay(?:ing)? (?:is )?(?:not |access )?(?:denied|permitted|prohibited|allowed|"
        r"disallowed)"
        r"|(?:not|cannot|can't|unable to|won't|don't|no) .{0,12}relay|relay (?:access|operation)"
        r"|relaying|domain isn't in my list of allowed rcpthosts|not a gateway|insecure mail relay"
        r"|mail server requires authentication when attempting to send|not local host|we do not"
        r" relay|not an open relay",
    ),
    (
        "authfailure",
        r"dmarc|spf (?:check|fail|record|validation|lookup|hard|none)|sender policy framework|"
        r"dkim|"
        r"openspf\.|5\.7\.2[0-9]\b|domain-?based message|not (?:pass|authorized) .{0,20}spf|fails?"
        r" spf|sender id|unauthenticated (?:mail|email|sender) |authentication checks?|is not an"
        r" authorized (?:mailserver|sender)|arc failed|violates.{0,10}spf",
    ),
    (
        "virusdetected",
        r"virus|malware|infected|trojan|worm |has been quarantined|unsafe attachment|\beicar\b",
    ),
    (
        "requireptr",
        r"reverse dns|\bptr\b|reverse[- ]?(?:lookup|record|hostname|mapping)|ip name lookup failed"
        r"|cannot (?:resolve|find) your (?:hostname|reverse)|missing dns pointer|fix reverse|"
        r"client host rejected: cannot find your hostname|no reverse|unresolvable hostname|rdns",
    ),
    (
        "notcompliantrfc",
        r"rfc ?-?[0-9]* ?(?:5322|2822|822|5321|2821)?[- ]?(?:non-?)?complian|non-rfc|not rfc|"
        r"multiple (?:'?from'?|sender|subject) headers|missing .{0,10}(?:from|date|message-id)"
        r"[ -]*header|this message (?:is|was) not .{0,20}complian|duplicate header",
    ),
    (
        "userunknown",
        r"user (?:is )?(?:unknown|not found|doesn.?t exist|does not exist|not known|unkown|"
        r"account|invalid|not exist)|unknown (?:user|recipient|mailbox|local[- ]?part|address|"
        r"account|email)|no such (?:user|mailbox|recipient|address|person|email|account|local"
        r"|domain user|id)|(?:recipient|mailbox|address|account|user|email|destinatario)\w*"
        r" .{0,60}?(?:not (?:found|exist|known|listed|valid)|does(?: not|n.t) exist|unknown|"
        r"invalid|no longer (?:valid|available|active|exists|in use)|is not (?:valid|a valid|"
        r"known|recognized|listed)|undeliverable|non ?existent|not? (?:longer|available))|invalid"
        r" (?:recipient|mailbox|user|address|email)|not (?:a )?(?:valid|known) (?:mailbox|user|"
        r"recipient|address)|no (?:mailbox|account|user|valid recipient)|bad (?:destination"
        r" mailbox|address|recipient)|there is no (?:user|one|such|account)|5\.1\.[016]\b|"
        r"recipnotfound|recipientnotfound|not our customer|this user doesn.?t have a|address"
        r" rejected: unknown|delivery failed.{0,10}user|name server loop|"
        r"isn.t listed in|can'?t? ?verify recipient|verif(?:y|ication) failed|unable to find"
        r" recipient|mailbox not found|couldn.t be found|wasn.t found at|not a user|unknown or"
        r" illegal alias|who does not exist|destin\w+ (?:inconnu|desconocido)|utilisateur inconnu|"
        r"benutzer unbekannt|адресат не|does not have a .{0,20}account|no thank you rejected|"
        r"sorry, no mailbox|is not a valid|has been (?:deleted|removed|closed)|account closed|"
        r"bad-address|addressee unknown|directory lookup|account.{0,12}that you tried to reach",
    ),
    (
        "hostunknown",
        r"host (?:or domain name )?(?:is )?(?:unknown|not found)|unknown host|domain (?:is |"
        r"name )?"
        r"(?:not found|does not exist|unknown|doesn.t exist|not known|invalid|is not reachable)|"
        r"no such (?:host|domain)|name or service not known|nxdomain|could not be resolved|"
        r"recipient domain must exist|name service error|can.?t resolve|no address associated|"
        r"bad-domain|invalid domain|mx records? .{0,20}not found|"
        r"domain .{0,30}(?:does not exist|not found)|illegal host/domain|5\.1\.2\b|"
        r"hostname is unknown|couldn.t find any host|host or domain name",
    ),
    (
        "notaccept",
        r"null ?mx|does not accept mail|no mail host|smtp protocol error|5\.1\.10\b|domain does"
        r" not receive|doesn.t accept (?:any )?(?:mail|email)|nullmx|this host does not"
        r" receive|unavailable, no mx|host/domain does not accept mail",
    ),
    (
        "badreputation",
        r"reputation|sending (?:ip|domain) .{0,40}(?:low|poor)|poor .{0,10}score|"
        r"has been temporarily rate limited due to (?:ip )?rep",
    ),
    (
        "spamdetected",
        r"\bspam\b|spamm|unsolicited|junk mail|bulk mail|spamassassin|content rejected|considered"
        r" .{0,20}spam|blocked .{0,20}(?:as|by) .{0,10}spam|spam ?score|is likely unsolicited|"
        r"looks like spam|suspected spam|rejected due to spam|classified as .{0,10}bulk|abuse"
        r" message|uribl|surbl",
    ),
    (
        "speeding",
        r"rate limit|too (?:fast|many (?:messages|recipients|emails|mails)|frequent)|sending limit"
        r"|throttl|receiving mail (?:at a rate|too)|mail rate|exceed\w* the (?:rate|maximum number"
        r" of (?:messages|recipients))|4\.7\.28|daily .{0,10}limit|hourly",
    ),
    (
        "toomanyconn",
        r"too many (?:concurrent |simultaneous )?(?:connections?|sessions?|smtp)|connection(?:s)?"
        r" (?:limit|rate)|max(?:imum)? .{0,10}connections?|all available ips are at maximum|"
        r"concurrent connection|simultaneous connections",
    ),
    (
        "blocked",
        r"black ?list\w*|\b(?:dns)?bl\b|rbl|block ?list|spamhaus|sorbs|spamcop|barracuda|blocked|"
        r"banned|denied by (?:client|ip)|client host rejected|(?:your|sending|the) (?:ip|host|"
        r"server|network|mail server)\b.{0,60}(?:reject|block|denied|refus|listed|not allowed|not"
        r" permitted|banned)|connection (?:refused by|dropped|denied|was rejected)|access denied"
        r"|helo.{0,30}reject|bad (?:helo|sender ip)|dynamic(?:/generic)? ip|from your (?:host|ip|"
        r"server)|mail from .{0,30}\d+\.\d+\.\d+\.\d+ .{0,20}(?:refused|rejected)|5\.7\.6\d\d|"
        r"5\.7\.51[0-9]|not accept\w* (?:mail|connection|email|messages) from|refused .{0,10}mail"
        r" from|closing (?:transmission|connection)|open (?:relay|proxy)|invalid ip|ip address is",
    ),
    (
        "policyviolation",
        r"polic(?:y|ies)|not allowed (?:here|to send)|prohibited|violat|5\.7\.9\b|denial of"
        r" service|message rejected|restricted (?:attachment|file)|because .{0,20}attachment|"
        r"delivery not authorized|security polic|forbidden (?:attachment|file)|file type",
    ),
    (
        "contenterror",
        r"content (?:reject|filter|error)|5\.6\.\d|8 ?-?bit|charset|header error|malformed|"
        r"improper use|message (?:header|contents?) .{0,30}(?:reject|not)|unacceptable|"
        r"conversion|mime .{0,20}(?:error|invalid|bad)|bad (?:header|message)",
    ),
    (
        "rejected",
        r"sender (?:address |domain )?(?:rejected|denied|not|invalid|is invalid|unknown|verify"
        r" failed|blocked|refused)|(?:invalid|bad|unknown|rejected) sender|domain of sender|"
        r"(?:from"
        r"|sender) address .{0,40}(?:reject|not|invalid|does not|denied|block)|5\.1\.[78]\b|"
        r"sender .{0,30}(?:does not exist|not exist|not allowed|rejected)|mail from .{0,30}"
        r"(?:reject|not allowed|denied|refus)|email address is on|<> (?:invalid|rejected|denied)|"
        r"null sender|empty envelope|access denied \(sender|administrative prohibition|your email"
        r" address",
    ),
    (
        "filtered",
        r"5\.2\.1\b|(?:recipient|user|account|customer|mailbox|destination)\w* .{0,40}(?:reject|"
        r"refus|not accept|doesn.t accept|does not accept|not receiving|not wish|deny|denied)|"
        r"not (?:accepting|receive|allowed to receive) (?:mail|messages|email)|due to user filter"
        r"|mail filter|(?:refused|rejected) by (?:the )?(?:recipient|user|addressee)|"
        r"resolver\.rst|"
        r"group .{0,30}permission|don.t have permission|not have permission|only accepts|"
        r"restricted .{0,10}(?:delivery|recipient)|message filtered|recipient refuses|filter",
    ),
    (
        "securityerror",
        r"starttls|\btls\b|\bssl\b|encryption|authentication (?:failure|required|turned on|"
        r"failed|credentials)|not authenticated|auth(?:entication)? .{0,20}(?:fail|requir)|"
        r"certificate|5\.7\.[38]\b|sorry, you don.t authenticate|account not subscribed to|"
        r"user is not allowed|verification failure",
    ),
    (
        "systemfull",
        r"(?:mail )?system full|out of (?:disk )?space|no space left|insufficient system storage"
        r"|4\.3\.1\b|5\.3\.1\b",
    ),
    (
        "networkerror",
        r"loop(?:s|ing)?\b|too many hops|hop count|maximum .{0,10}hops|routing loop|"
        r"mail forwarding"
        r" loop|4\.4\.[346]|5\.4\.[346]\b|malformed name server|malformed or unexpected name"
        r" server|network (?:error|unreachable|is unreachable)|no route to host|dns (?:lookup"
        r" )?(?:failure|fail|temporarily|error)|could not connect and send|connection (?:reset|"
        r"was dropped)|unable to resolve route|message loop|gave up connecting|name server:.{0,30}"
        r"loop|couldn.t find any host named",
    ),
    (
        "expired",
        r"expired?\b|(?:retry|queue) (?:time|lifetime)|timed? ?-?out|timeout|"
        r"could not be delivered"
        r" for|delivery time|too long|has been (?:in|on) the (?:queue|system)|not (?:yet )?been"
        r" delivered|4\.4\.[17]\b|5\.4\.[17]\b|delayed|giving up|gave up|not delivered within|"
        r"connection refused|unable to (?:deliver this message after|connect)|no response|did not"
        r" respond|undelivered after|hours? old|will keep trying|max(?:imum)? (?:retries|time in"
        r" queue)|temporar(?:y|ily) .{0,30}(?:fail|unavail|defer)|couldn.t connect",
    ),
    (
        "systemerror",
        r"system (?:error|failure|config|is not|not|problem)|local (?:error|configuration|delivery"
        r" failed|processing)|internal (?:error|server|server error|software)|server (?:error|"
        r"config|configuration)|can.?t create|cannot (?:create|open|write|send)|i/o error|"
        r"unexpected|service (?:unavailable|not available|currently)|mail system|4\.3\.[05]\b|"
        r"5\.3\.[05]\b|config(?:uration)? (?:error|problem)|misconfig|program .{0,20}fail|alias|"
        r"could not (?:load|deliver mail)|unable to (?:lookup|run|open)|invalid (?:argument"
        r"|response)|queue file write|interface error|application.{0,12}error|command (?:died|time"
        r" limit)|lost connection|conversation with .{0,60}timed out|transport (?:error|is not)",
    ),
    (
        "mailererror",
        r"x-unix|procmail|exit (?:code|status)|command (?:failed|output)|mailer error|pipe to|"
        r"\|/|returned (?:error|status)|vacation: ",
    ),
    (
        "syntaxerror",
        r"syntax error|command (?:not recognized|unrecognized|unknown)|bad sequence|"
        r"unrecognized command|need (?:helo|mail|rcpt)|5\.5\.[0-9]\b",
    ),
    ("onhold", r"on ?hold|not yet known"),
)
_RULES = tuple((reason, re.compile(pattern)) for reason, pattern in _WORDS)

_CODES = {
    "1.0": "userunknown",
    "1.1": "userunknown",
    "1.2": "hostunknown",
    "1.3": "userunknown",
    "1.4": "filtered",
    "1.6": "hasmoved",
    "1.7": "rejected",
    "1.8": "rejected",
    "1.9": "systemerror",
    "1.10": "notaccept",
    "2.0": "filtered",
    "2.1": "filtered",
    "2.2": "mailboxfull",
    "2.3": "exceedlimit",
    "2.4": "filtered",
    "3.0": "systemerror",
    "3.1": "systemfull",
    "3.2": "notaccept",
    "3.3": "systemerror",
    "3.4": "mesgtoobig",
    "3.5": "systemerror",
    "4.0": "networkerror",
    "4.1": "expired",
    "4.2": "expired",
    "4.3": "systemerror",
    "4.4": "hostunknown",
    "4.5": "mailboxfull",
    "4.6": "networkerror",
    "4.7": "expired",
    "4.8": "networkerror",
    "4.9": "networkerror",
    "4.14": "networkerror",
    "4.316": "expired",
    "5.1": "syntaxerror",
    "5.2": "syntaxerror",
    "5.3": "syntaxerror",
    "5.4": "syntaxerror",
    "6.0": "contenterror",
    "6.3": "contenterror",
    "6.9": "contenterror",
    "7.0": "securityerror",
    "7.1": "rejected",
    "7.2": "filtered",
    "7.7": "securityerror",
    "7.8": "securityerror",
    "7.9": "policyviolation",
    "7.13": "suspend",
    "7.14": "hasmoved",
    "7.17": "policyviolation",
    "7.20": "authfailure",
    "7.21": "authfailure",
    "7.23": "authfailure",
    "7.25": "requireptr",
    "7.26": "authfailure",
    "7.27": "notaccept",
    "7.28": "speeding",
}
"""What the enhanced codes mean (RFC 3463, RFC 5248, RFC 7372), without their first digit."""

_TELLING = {
    code: _CODES[code] for code in ("1.6", "1.7", "1.8", "2.3", "7.13", "7.20", "7.23", "7.25")
}
"""Codes that servers give only when they mean them."""


def reason(said: str, status: str, reply_code: str = "") -> str:
    """The reason in a server's words (any case) and its status code ("5.1.1" or "")."""
    folded = " ".join(said.lower().split())
    if told := _TELLING.get(status.partition(".")[2], ""):
        return told
    for name, pattern in _RULES:
        if pattern.search(folded):
            return name
    by_code = _CODES.get(status.partition(".")[2], "") if status else ""
    if by_code:
        return by_code
    if reply_code in {"550", "551", "553"} and not status:
        return "userunknown" if "mailbox" in folded else "undefined"
    return {"552": "mailboxfull", "421": "expired", "535": "securityerror"}.get(
        reply_code, "undefined"
    )
