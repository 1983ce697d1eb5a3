"""What servers say when a mail failed on the way: no such host, no answer, a mistake, a full disk.

These are tried after `bounce_refused`, in their order.
"""

from __future__ import annotations

FAILED: tuple[tuple[str, str], ...] = (
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
