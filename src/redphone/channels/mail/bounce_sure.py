"""What servers say for one trouble only, and what they say of an address that is not there.

As in `bounce_refused`, these are facts about servers, gathered, not rules: the rules are in
`bounce_reason`. All is in lower case, and is looked for anywhere in a diagnosis.
"""

from __future__ import annotations

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
