"""What servers say when they refuse a mail: for its receiver, its sender, its words or its way.

Each reason has the phrases that servers, providers and filters use for it, in lower case. Their
order is the order in which they are tried: many servers use one phrase for several troubles.
"""

from __future__ import annotations

REFUSED: tuple[tuple[str, str], ...] = (
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
)
