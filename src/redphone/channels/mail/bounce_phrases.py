"""What mail servers say when they refuse a mail, by what it means.

Each reason has the phrases that servers, providers and filters are known to use for it, in lower
case; they are looked for anywhere in a diagnosis. Their order is the order in which they are
tried: a phrase that is sure comes before one that many servers use for several troubles.
"""

from __future__ import annotations

import re

FIRST: tuple[tuple[str, str], ...] = (
    (
        "userunknown",
        r"recipient address rejected: access denied|recipnotfound|\b(rcp-p1|int-p[134])\b"
        r"|\(000c05a6\)|not listed in (the )?(domino|public name|public address)"
        r"|several matches found in domino|no mailbox here by that name"
        r"|mail\.local: unknown user",
    ),
    ("filtered", r"\brcp-p[23]\b|recipient preferences|rejected by a remote mail server"),
    (
        "networkerror",
        r"mxloopback|wasn't able to establish an smtp connection|message is looping"
        r"|loops back to myself|forwarding loop|\(00120270\)|suspected mail loop",
    ),
    ("exceedlimit", r"recipsizelimit"),
    ("speeding", r"you are trying to contact is receiving mail"),
    ("toomanyconn", r"recipients exceeded|server busy"),
    ("rejected", r"sender address (blocked|rejected)|^(\d+ )?verification failed for"),
    ("policyviolation", r"administrative prohibition"),
    ("securityerror", r"potential security issue|not authori[sz]ed, message refused"),
    ("failedstarttls", r"tls not available"),
    ("authfailure", r"required authentication level"),
    ("suspend", r"due to inactivity"),
    ("rejected", r"resolver\.rst\.(notauth|sender)|not member|is not a member"),
    (
        "systemerror",
        r"resolver\.adr\.(badprimary|invalidinsmtp|ambiguous)|\((00010256|000d06b5)\)",
    ),
    ("expired", r"queue\.expired|still undelivered|no action is required on your part"),
    (
        "hostunknown",
        r"nonexistentdomain|all host address lookups failed permanently"
        r"|point to non-existent hosts|remote domain doesn",
    ),
    (
        "notaccept",
        r"indicated no smtp service|doesn't receive email according|no host found for existing",
    ),
    ("onhold", r"\((000b099c|000b09aa|000b09b6)\)"),
    ("spamdetected", r"due to spam|\bpol-p3\b|flagged as spam"),
    ("blocked", r"service refuse\.|connection frequency limited|listed in spamhaus"),
    ("speeding", r"too many recipients this|temporarily rate limited(?! due to ip reput)"),
    ("notcompliantrfc", r"multiple addresses in from|multiple .{0,20}from:? header"),
    ("syntaxerror", r"improper sequence|angle-brackets nested|malformed address:|command not"),
    ("securityerror", r"\bpol-p[12567]\b|resolver\.rst\.authrequired"),
    ("systemerror", r"delivery to (file|pipe) forbidden|local delivery failed"),
    ("securityerror", r"unauthenticated senders not allowed|delivery not authori[sz]ed$"),
    ("contenterror", r"duplicate header '"),
    (
        "policyviolation",
        r"for policy reasons|(denied|rejected|blocked"
        r"|refused) by (\w+ )?policy",
    ),
    ("networkerror", r"host not found, try again|malformed or unexpected name server"),
)
"""What is said for one trouble only, so that it is looked for before all else."""

LATER: tuple[tuple[str, str], ...] = (
    (
        "mailboxfull",
        r"(mailbox|account|inbox|maildir|user|recipient|boite|postfach|storage"
        r"|maildrop)[^.;]{0,60}"
        r"(is full|are full|over ?quota|exceed|over the (maximum|allowed)|ist voll|pleine"
        r"|out of space|size limit|too full)"
        r"|(quota|storage|space|capacity)[^.;]{0,30}(exceed|full|violat|limit reached"
        r"|insufficient)"
        r"|exceed\w*[^.;]{0,40}(quota|storage|mailbox size|mailbox limit)"
        r"|mailbox[ _-]?full|over ?(disk )?quota|overquota|(?<!system is )out of quota"
        r"|quota (has been )?(reached|full)|not enough (storage|disk|free) ?space"
        r"|insufficient (disk|storage|quota|mailbox)( space)?|benutzer hat zuviele mails"
        r"|email account .{0,30}(full|over)|exceeded storage|no space left for this user"
        r"|too many messages in (the |this )?mailbox|tablespace|容量|inbox is full"
        r"|maximum (mailbox )?(storage|capacity)|recipient reached disk quota|quota full"
        r"|user has too many messages|disk full for user|would exceed mailbox",
    ),
    (
        "mesgtoobig",
        r"(mail|message) size limit|\b(msg-p1|int-p2)\b|size limit exceeded"
        r"|message (size )?(is )?(too (large|big)|exceeds (the )?(fixed |maximum |max "
        r"|file )?(message )?"
        r"(size|limit)|over (maximum )?size)|(message|mail|header|body|data)( size"
        r"| file size)? "
        r"(exceed\w*|is (larger|bigger|greater|over)|too (big|large|long))[^.;]{0,40}"
        r"(size|limit|maximum|server|allowed)|exceeded maximum inbound message size"
        r"|maximum (mail |message |allowed )?(message |mail )?size (is |of )?exceed"
        r"|message too (big|large|long)|max message size exceeded|size limit for (messages"
        r"|mail)"
        r"|exceeds (maximum|max|configured|server) (message |mail )?size"
        r"|mail message size exceeds|line limit exceeded|message length exceeds administrative",
    ),
    ("exceedlimit", r"message length exceeds limit|exceeds? (the )?recipient'?s? limit"),
    (
        "suspend",
        r"(account|mailbox|user|recipient|address)[^.;]{0,70}(temporar\w+ (locked|disabled"
        r"|blocked"
        r"|unavailable|suspended|inactiv\w*)|(is|was|been|are) (currently )?(disabled"
        r"|suspended|locked"
        r"|deactivated|frozen|not active|inactive|discontinued|terminated|restricted"
        r"|blocked for"
        r"|closed|archived)|has been (disabled|suspended|locked|deactivated|frozen"
        r"|discontinued))"
        r"|disabled (recipient|mailbox|account|user)|(account|mailbox|user) "
        r"(disabled|suspended|locked|inactive|frozen|unavailable or|terminated|deactivated"
        r"|closed)"
        r"|(suspended|inactive|invalid/inactive|dormant|boite du destinataire archivee|locked)"
        r" (account|mailbox|user|recipient)|boite du destinataire (archivee|suspendue)"
        r"|user'?s? (account )?(temporarily )?(locked|suspended)"
        r"|not (currently )?accepting mail"
        r"|not a valid account anymore|mailbox currently suspended|vacation(ed)? user"
        r"|email account that you tried to reach is (disabled|inactive|over)"
        r"|status of the mailbox: inactive|this account is not allowed|is a deactivated mailbox"
        r"|recipient suspend the service|user temporarily (locked|suspended)|domain is inactive"
        r"|does not accept mail at this time|account expired|no longer (in use|active"
        r"|accepts mail)",
    ),
    (
        "hasmoved",
        r"(has|have) (been )?(moved|replaced|transferred)|recipient no longer on server"
        r"|address (has )?changed|no longer (at|with) this|has left|new address"
        r"|please (update|use) .{0,30}(new )?address|user has moved",
    ),
    (
        "norelaying",
        r"relay(ing)?[^.;]{0,40}(denied|not (permitted|allowed|possible|authori)|prohibited"
        r"|forbidden"
        r"|rejected|fail)|(not|unable|won't|no|denied|without|unauthori[sz]ed|cannot"
        r"|configured)"
        r" (to |configured to |permitted to |an? |open |mail |authori[sz]ed to "
        r"|allowed to )*relay"
        r"|no relay|we (do not|don't) relay|insecure mail relay|mail relaying|relay (access"
        r"|operation)"
        r"|email address is not verified|domain isn't in my list of allowed rcpthosts"
        r"|not local|that domain isn't|this mail server requires authentication when attempting"
        r"|user .{0,60} not local; please try|sorry, that domain|relay not",
    ),
    (
        "authfailure",
        r"dmarc|\bspf\b|sender policy framework|\bdkim\b|unauthenticated (e-?mail|mail)"
        r"|authentication checks? failed|spoofed|sender id \(pra\)|mail is unauthenticated"
        r"|unauthenticated mail is prohibited|authentication information|domainkeys"
        r"|pass(es)? authentication|doesn.t pass the authentication|not rfc 7489"
        r"|domain owner discourages the use of this host",
    ),
    (
        "requireptr",
        r"reverse dns|reverse (name|lookup|hostname|address)|\bptr\b|rdns"
        r"|(cannot|unable to|could not|can't|failed to) (find|resolve) (your|the client)? ?"
        r"(reverse |client )?(hostname|address|ip)|no rdns|invalid hostname for ip"
        r"|unable to verify .{0,20}ip address|host name lookup fail|forward-confirmed|fcrdns"
        r"|ip .{0,40}not resolve|missing (rdns|reverse)|client host rejected: cannot find your",
    ),
    (
        "notcompliantrfc",
        r"not rfc.{0,12}(compliant|5322)|rfc.{0,6}(5322|2822|822|6152|6532).{0,40}"
        r"(compliant|violat|specification|missing|header|format|standard)"
        r"|non-?compliant|duplicate header fields?|missing (a )?(valid )?'?(from|date"
        r"|message-?id|to)'?"
        r"[ -]?header|multiple .{0,12}headers? .{0,20}(not|rejected)|this message is not rfc"
        r"|messages missing a valid address|message is not rfc|has duplicate header"
        r"|has non-compliant",
    ),
    (
        "badreputation",
        r"reputation|tss0\d|unexpected volume or user complaints|deferred due to (unexpected"
        r"|user)"
        r"|temporarily deferred due to|poor (ip|domain)? ?reput|has been .{0,30}low rep",
    ),
    (
        "failedstarttls",
        r"starttls|tls (is )?required|required tls|tls negotiation|tls handshake"
        r"|cannot (start|establish) tls|encryption (is )?required|certificate (verif|is not)",
    ),
    (
        "virusdetected",
        r"virus|malware|infected|worm\.|trojan|phishing detected|trojaner|ransomware",
    ),
    (
        "spamdetected",
        r"spam(?!haus|cop)|\bube\b|\buce\b|junk ?mail|bulk (e-?)?mail|(message"
        r"|mail)[ -]?content rejected"
        r"|content (was )?rejected|(appears|considered|classified|identified"
        r"|detected)[^.;]{0,40}"
        r"unsolicited|unsolicited|spamassassin|spam score|blacklisted url|uribl|surbl"
        r"|rejected (by|due to) (the )?(content|bayes|bogofilter)|too much spam"
        r"|message filtered\. "
        r"|considered spam|likely .{0,20}suspicious|high .{0,10}probability of spam"
        r"|mail score|denied by (the )?(content|bayes)|failed spam|dear spam",
    ),
    (
        "speeding",
        r"rate (limit|control)|(sending|receiving|received)[^.;]{0,40}(too (fast|quickly"
        r"|many|much)"
        r"|rate)|too many (mails|messages|emails|connections? in)[^.;]{0,30}(time|short|hour"
        r"|minute"
        r"|second|day|period|sender)|exceeded .{0,40}(per|an?) (hour|day|minute)|throttl"
        r"|mail sent .{0,20}too quickly|rate that prevents|sending limit|daily (limit|quota)"
        r"|please try again slower|excessive (rate|message rate)|max(imum)? .{0,20}rate"
        r"|message limit|per-?(hour|day)|slow down",
    ),
    (
        "toomanyconn",
        r"too many (concurrent |simultaneous |smtp |open |incoming )*(connections|sessions"
        r"|recipients"
        r"|rcpt)|connection(s)? (rate )?(limit|exceed)|maximum (number of )?(concurrent "
        r"|recipients"
        r"|connections|parallel)|all available ips are at maximum|concurrent .{0,20}limit"
        r"|client host rejected: (abus|too many)|exceeded the maximum (number of )?(connections"
        r"|recipients)|recipient limit|max connections"
        r"|unable to accept message because the server is "
        r"busy",
    ),
    (
        "blocked",
        r"block ?list|black ?list|\bdnsbl\b|\brbl\b|\(bl\)|spamhaus|spamcop|\bsorbs\b"
        r"|barracudacentral"
        r"|proofpoint\.com/dnsbl|(client )?host rejected|client (host |ip )?(blocked"
        r"|rejected|not)"
        r"|(connections?|messages?|mail|email|access|host|ip|client|server"
        r"|server's ip)( \S+){0,6} "
        r"(is |are |was |were |has been |have been |not |refused |temporarily )*(blocked"
        r"|banned|barred)"
        r"(?! by (the )?(recipient|user))|(your|this|sender'?s?|sending|source|client) (ip"
        r"|network"
        r"|server|host)[^.;]{0,50}(blocked|refused|rejected|denied|not allowed|not permitted"
        r"|banned"
        r"|listed)|refused to talk to me: 5\d\d blocked|no access from mail server|open relay"
        r"|invalid ip for sending|weren't sent\. please contact|weren't sent\. we recommend"
        r"|too many unwanted|smtp server of your isp|use the smtp server"
        r"|your access to this mail"
        r" system|connection (refused|dropped|rejected) (by|due to|for) (your|policy|abuse"
        r"|reput)"
        r"|not accept(ed|ing) (mail|email|messages|connections) from (your|this|dynamic|the)"
        r"|dynamic (ip|address|range|pool)|residential|dialup|dial-up|generic host"
        r"|suspicious ip"
        r"|too many (spams|complaints|bad|virus|invalid) .{0,20}from (your|this|\d)"
        r"|helo (command )?"
        r"rejected|(invalid|bad|forged) helo|ehlo (name )?(invalid|rejected)|bad sender ip"
        r"|your (email|mail) (is|was) (being )?blocked|rejecting (mail|open proxy)"
        r"|not authorized to "
        r"send (e-?mail|mail) (to|through)? ?(us|this)"
        r"|mail from \d+\.\d+\.\d+\.\d+ (was )?(refused"
        r"|rejected)|listed (in|at|on|by) |access denied\. ip|fix your|blocked using|hostname "
        r"(is )?blocked|domain .{0,50} mismatches client ip|server access (to|forbidden)"
        r"|for spam sites|connect(ed)? from .{0,30}refused|we do not accept mail from"
        r"|client'?s? ip|service not available (here|for your)",
    ),
    (
        "rejected",
        r"(sender|from|return[- ]path|mail from|envelope)[^.;]{0,60}(rejected|not accept"
        r"|refused|denied"
        r"|does not exist|not exist|invalid|unknown|not verif|verif\w+ failed|blocked"
        r"|unauthori[sz]ed"
        r"|not allowed|unresolvable|not permitted)|(domain|address) of sender|does not resolve"
        r"|unverified address|(unable|failed|couldn't|could not) to verify (the )?sender"
        r"|sender (verif|verify|domain)|<>[^.;]{0,20}(invalid|refused|not)"
        r"|empty envelope senders"
        r"|all recipient addresses rejected : access denied|rule imposed|reject(ed)? (your"
        r"|mail) "
        r"message from|server rejected mail from|rejected due to sender"
        r"|we don't accept mail from"
        r"|access denied \(in reply to mail from|user .{0,40}rejected your|not a member"
        r"|non-?member"
        r"|group you tried to contact|do(es)?n't accept .{0,20}anonymous"
        r"|is currently not permitted to"
        r"|you are not allowed to post|delivery (was )?restricted|recipient .{0,30}only accept"
        r"|null sender|null reverse|backscatter|not have permission to post|moderat"
        r"|domain does not exist:|invalid sender|invalid domain|403 forbidden|unroutable sender"
        r"|fully qualified|need fully-qualified|by non-members",
    ),
    (
        "policyviolation",
        r"polic(y|ies)|message (is )?not allowed|by administrative|prohibited|attachment"
        r"|not acceptable|disallowed|delivery not authori[sz]ed, message refused"
        r"|extension .{0,20}"
        r"(blocked|banned)|you have exceeded the|message contains .{0,30}(forbidden|banned)"
        r"|denied by (policy|local)|local policy|contrôle",
    ),
    (
        "hostunknown",
        r"host (is )?(unknown|not found(?!, try))|unknown host|(domain|host"
        r"|recipient'?s? domain|hostname)"
        r"[^.;]{0,50}(does ?n[o']t exist|not exist|must exist|not found(?!, try)"
        r"|couldn't be found|could not be"
        r" found|has no (mail|mx|dns)|is not (reachable|valid)|is invalid|non-?existent"
        r"|unknown)"
        r"|no such (domain|host)|nxdomain|unroute?able (mail |address)|unrouteable"
        r"|bad (destination"
        r" host|domain)|name or service not known|couldn't find any host"
        r"|dns (name )?(lookup )?(error"
        r"|problem|fail|server returned)|(domain|host)name? (lookup )?(failed|couldn)"
        r"|invalid domain"
        r"|domain (name )?(is )?not (found|exist)|all relevant mx records point to non"
        r"|missing the"
        r" proper dns|illegal host|account or domain may not exist|unknown (recipient )?domain"
        r"|[\w-]+\.[\w.-]+ does not exist|does not have an mx|5\.1\.2|no (valid )?address for",
    ),
    (
        "notaccept",
        r"null ?mx|no mx|does(n't| not) accept (any )?(e?mail|messages)|nullmx"
        r"|smtp protocol returned a"
        r" permanent error|service (is )?not accept|no mail service"
        r"|mail receiving (is )?disabled"
        r"|name server: \.: host not found|host .{0,50}does not accept|sorry, we don't accept"
        r"|couldn't find a mail exchanger|no mail exchanger|there is no mailhost"
        r"|does not accept mail",
    ),
    (
        "expired",
        r"(retry|delivery|transmission) (timeout|time(d)?[ -]?out)|retry timeout exceeded"
        r"|(in|on) (the )?queue (for )?(too|more)|could not be delivered (for|within|after)"
        r"|too long|(giving|gave) up|expired|connection timed? ?out|timed? ?out"
        r"|not delivered within"
        r"|delivery (attempts|was attempted)|unable to (deliver|connect)[^.;]{0,40}(for"
        r"|after|success)"
        r"|(maximum|max) (retry|time|queue)|did not accept our (requests|connection)"
        r"|retry time not"
        r" reached|will be deleted from queue|could not deliver for the last|host not reachable"
        r"|message (was )?undeliverable after|has been delayed|was not reachable within|server"
        r" is not responding|remote host is not responding|delivery (has been )?delayed"
        r"|still being retried|envelope expired|can't connect|couldn't connect|no response"
        r"|message could not be delivered for|has been frozen|time limit|hasn't responded",
    ),
    (
        "networkerror",
        r"network (error|is unreachable)|(hop|loop|routing|mail)[ -]?(count )?(loop|exceed"
        r"|limit|back to"
        r" (my|it)self)|too many (hops|received)|host (is )?(unreachable|down|not found, try)"
        r"|no route|connection (refused|reset|lost|closed|dropped|was|failed|terminated|broken)"
        r"|lost connection|broken pipe|socket|(name|dns) (service|server)? ?(error|failure"
        r"|lookup)"
        r"|could not (connect|resolve)|temporary failure in name|address family|nameserver"
        r"|conversation with|try again\b.{0,10}$|bad file descriptor|malformed .{0,20}dns",
    ),
    (
        "contenterror",
        r"duplicate header|8-?bit|mime|malformed|improper|(bad|invalid|unsupported"
        r"|illegal) (content"
        r"|character|header|encoding|format|charset|message)|line(s)? (too|is) long|binary"
        r"|bare (cr|lf"
        r"|linefeed)|message (format|header|content) (error|invalid|is)|header (size|field)"
        r"|unicode|boundary|charset|content reject|zip",
    ),
    (
        "securityerror",
        r"authentication (failed|failure|required|unsuccessful|turned)|unauthenticated"
        r"|not authenticat"
        r"|(delivery|sender|you are|is|user) (is )?not (authori[sz]ed|authenticated)"
        r"|insufficient (permission|privilege|security)|access denied|authori[sz]ation"
        r"|security|executable|permission denied|smtp auth|verification failure|must (auth"
        r"|login)"
        r"|policyrejected|you do(n't| not) have permission|password|login|not permitted"
        r"|forbidden"
        r"|suspicious|pgp|encrypt|decrypt|crypto",
    ),
    (
        "systemfull",
        r"(disk|system|server|file ?system|partition|storage)[^.;]{0,30}(full|no space"
        r"|out of (disk|space))"
        r"|insufficient system|no space left|mail system full"
        r"|requested mail action aborted: exceeded"
        r" storage allocation",
    ),
    (
        "systemerror",
        r"(service|server|system|mail system|local|internal|queue|configuration|temporary"
        r"|software"
        r"|transaction|process\w*|resource\w*)[^.;]{0,40}(error|failure|failed|unavailable"
        r"|problem"
        r"|insufficient|trouble|not available|maintenance|out of|aborted)|(can ?not"
        r"|could not|unable to)"
        r" (create|open|write|read|lock|append|append message|chdir|fork|save|locate|process"
        r"|complete)"
        r"|out of memory|i/o error|input/output|timeout waiting|unable to|lookup failure"
        r"|misconfigur"
        r"|mail forwarding loop|aliasing/forwarding loop|local configuration|greylist|graylist"
        r"|try again later|cname lookup|lotus notes|service currently",
    ),
    ("mailererror", r"mailer (error|returned)|command (failed|died|output|line|time limit)"
        r"|exit(ed)?"
     r" (status|with|code)|x-unix|pipe|procmail|maildrop|program (failed|returned)"
     r"|no such user here by"
     r"|process failed"),
    (
        "syntaxerror",
        r"syntax error|command (not|parameter|unrecogni|rejected|sequence)|bad sequence"
        r"|unrecogni[sz]ed"
        r"|not implemented|invalid (command|parameter|argument)|parameters? in|unexpected"
        r"|improper use"
        r"|need (rcpt|mail|helo)|bad (command|syntax)|unknown command",
    ),
    ("onhold", r"on hold|held"),
)  # fmt: skip

UNKNOWN_USER = (
    r"(user|recipient|mailbox|address|account|adresse?|local ?part|alias|destinataire|mail box|"
    r"empfaenger|username|email address|addressee)[^.;]{0,70}(unknown|not (found|known|exist"
    r"|listed|valid|a "
    r"valid|present|recogni|local|in|available|here)|does ?n[o']t (exist|have|match|belong)"
    r"|unavailable"
    r"|invalid|invalide|inconnue?|is not|isn't|no longer|couldn't be found"
    r"|could not be found|wasn't"
    r" found|undeliverable|doesn.t have|nicht|non.?exist|unroutable|delivery failed"
    r"|illegal|bad)|(unknown|no such|invalid|bad|nonexistent|non-existent|illegal"
    r"|not a valid|unavailable"
    r"|undeliverable|unrecogni[sz]ed|unregistered|wrong|no valid|incorrect|not a known)"
    r" (or \w+ )?(local |destination |mail |e-?mail |virtual )*(user|recipient|mailbox"
    r"|address|account|"
    r"person|local ?part|alias|name|id|subscriber|uid|customer|rcpt|member)"
    r"|no (one|mailbox|account|user|recipient)( here)? (by|with|in|named|at|of|here|found)"
    r"|there is no "
    r"(one|such|user|account|mailbox)|recipnotfound|not found in|no longer (valid|available)"
    r"|isn't (a "
    r"valid|listed)|not a user|user ?unknown|unknown ?user|doesn't have an? \S* ?account"
    r"|does not exist"
    r"|do(es)? not have an? |didn't recogni[sz]e|can't (find|accept user)|not listed in"
    r"|nosuchuser"
    r"|is not known|mailbox (name )?not (allowed|available|found)|ディレクトリのリストにありません"
    r"|not accepting|no thank you rejected|kein|vorhanden|no recipients?|unknown to|vrfy|"
    r"name is not recogni|undeliverable address|verify the (recipient|address)|vermutlich"
    r"|address "
    r"error|mailbox unavailable|spelling|misspelled|user reject|recipient rejected|this user"
)
"""Said of an address that is not there. What it means depends on when it was said."""

FILTERED = (
    r"filter|(by|because) the (recipient|user|addressee)|recipient (refuse|reject|block"
    r"|does not want)"
    r"|not (authori|permi)\w+ to send to (this|the) (user|recipient)"
    r"|refused by (the )?recipient"
    r"|user (refuse|reject|has block)|受信拒否|because (the )?(recipient|user) is not accepting"
    r"|is not accepting mail from|rejected by user|due to (extended )?inactivity new mail"
)

_FIRST = tuple((reason, re.compile(phrases)) for reason, phrases in FIRST)
_LATER = tuple((reason, re.compile(phrases)) for reason, phrases in LATER)
_UNKNOWN = re.compile(UNKNOWN_USER)
_FILTERED = re.compile(FILTERED)


def sure(text: str) -> str:
    """The reason that a text tells beyond doubt, "" if none."""
    return next((reason for reason, phrases in _FIRST if phrases.search(text)), "")


def said(text: str) -> str:
    """The first reason whose phrases a text has, in the order above; "" if it has none."""
    return next((reason for reason, phrases in _LATER if phrases.search(text)), "")


def says(reason: str, text: str) -> bool:
    """Whether a text has one of the phrases for this reason."""
    return any(name == reason and phrases.search(text) for name, phrases in _FIRST + _LATER)


def says_unknown(text: str) -> bool:
    """Whether a text says that the address is not there."""
    return _UNKNOWN.search(text) is not None


def says_filtered(text: str) -> bool:
    """Whether a text says that its receiver doesn't want the mail."""
    return _FILTERED.search(text) is not None
