"""The new words of a mail: what was written now, without what was quoted and signed below it.

Line by line and in one pass, so that no mail can be made that takes long. Whatever the rules make
of it, the first paragraph stays; and what they would leave empty is left whole.
"""

from __future__ import annotations

import re

from redphone.channels.mail.html import QUOTE_MARK

LONGEST = 50_000
"""Characters that are looked through; new words stand at the beginning."""

LOOK_AHEAD = 6
"""Lines over which a broken "On … wrote:" or a block of headers is put together."""

_WROTE = re.compile(
    r"(?:"
    r"\b(?:wrote|writes|said|écrit|escribi[óo]|scrisse|scritto|schrieb|geschrieben|schreef|skrev|"
    r"escreveu|napisał|napisała|napisał\(a\)|pisze|написал|написала|пишет|пише|kirjoitti|írta|"
    r"yazd[ıi]|"
    r"vrote|skrifaði|napsal|a écrit|ha scritto|het volgende geschreven|schrieb am|wrote on|"
    r"napisao|следующее|v[ià]o lúc|đã viết)"
    r"[^\n]{0,60}[:：]?\s*$"
    r"|(?:写道|のメール|さん(?:は)?書きました|:?\s*님이 작성|wrote)[:：]?\s*$)",
    re.IGNORECASE,
)
_BEGINS_WROTE = re.compile(
    r"^[>\s]*(?:(?:on|am|le|el|il|op|den|em|dnia|w dniu|pe|на|at|från|fra|a|no dia|lún|vào|fecha|"
    r"datum|в|on behalf)\s|(?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|mo|di|mi|"
    r"do|fr|"
    r"sa|so|pe|ma|ti|ke|to|la|su)[a-z.]*,?\s+(?:\d|[a-zé]{3,9}\.?\s+\d)|\d{1,4}[-/.年]\d{1,2}"
    r"|\d{1,2}[-/. ](?:\d{1,2}|[a-zéû.]{3,10})[-/. ]\d{2,4}|\S[^\n<>]{0,80}<[^<>\s]+@[^<>\s]+>)",
    re.IGNORECASE,
)
_HAS_WHEN_OR_WHO = re.compile(r"\d{1,2}[:.h]\d{2}|\d{4}|@|<[^<>]+>|\d{1,2}[/.-]\d{1,2}")
_TELLS_WHEN = re.compile(r"\d{1,2}[:.h]\d{2}|(?:19|20)\d{2}|@")
_ENDS_WITH_WHOM = re.compile(r"<[^<>\s]+@[^<>\s]+>\s*[:：]$")
_SEPARATOR = re.compile(
    r"^[>\s]*[-_=*#~ ]{2,}\s*(?:original|begin|forwarded|urspr[üu]ngliche|weitergeleitete|message|"
    r"mensaje|messaggio|oorspronkelijk|doorgestuurd|originale|mensagem|vidarebefordrat|fwd|"
    r"opprinnelig|oprindelig|wiadomo[śs][ćc]|исходное|пересылаемое|alkuper|orig|reply|reply above|"
    r"replied|quoted|転送|元のメッセージ|原始邮件|转发)[^\n]{0,80}[-_=*#~ ]*\s*$",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"^[>\s]*(?:begin forwarded message|anfang der weitergeleiteten|début du message|"
    r"inizio messaggio|"
    r"inicio del mensaje|doorgestuurd bericht|vidarebefordrat brev|---- on .{0,80} wrote ----)",
    re.IGNORECASE,
)
_ABOVE = re.compile(
    r"^[>\s#*_-]*(?:(?:please )?(?:type|write|enter|add) your (?:reply|response|answer) above|"
    r"reply "
    r"above (?:this|the) line|write above|antworten sie über|répondre au-dessus)",
    re.IGNORECASE,
)
_RULE = re.compile(r"^\s*(?:_{10,}|-{20,}|={20,}|\*{20,})\s*$")
_FIELD = re.compile(
    r"^[>\s*]*\*?(?:from|sent|to|cc|date|subject|reply-to|von|gesendet|an|datum|betreff|de|"
    r"envoy[ée]|"
    r"[àa]|objet|para|enviado(?: el)?|asunto|fecha|da|inviato|data|oggetto|a|van|verzonden|aan|"
    r"onderwerp|från|skickat|till|ämne|fra|sendt|til|emne|od|wys[łl]ano|do|temat|от|отправлено|"
    r"кому|"
    r"тема|дата|lähettäjä|lähetetty|vastaanottaja|aihe|差出人|宛先|件名|日付|送信日時|发件人|"
    r"发送时间|收件人|"
    r"主题|寄件者|assunto|enviada(?: em)?|gönderen|kime|konu|tarih|odesláno|komu|předmět|"
    r"kimden)\*?\s?[:：]",
    re.IGNORECASE,
)
_SENDER_FIELD = re.compile(
    r"^[>\s*]*\*?(?:from|von|de|da|van|från|fra|od|от|lähettäjä|差出人|发件人|寄件者|kimden|"
    r"gönderen|"
    r"expéditeur|remitente|sent|date|gesendet|envoyé|enviado|subject|betreff|to|an)\*?\s?[:：]",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"^\s*(?:--|— ?|__|–)\s*$")
_SENT_FROM = re.compile(
    r"^[\s*_(\[]*(?:sent (?:from|via|using|with) (?:my |the )?[\w .'-]{2,60}|sent from (?:my|"
    r"yahoo|"
    r"outlook|mail)\b[^\n]{0,80}|get outlook for [\w ]{2,20}[^\n]{0,80}|enviado (?:desde|do|"
    r"de) (?:mi|"
    r"meu|my)\b[^\n]{0,60}|envoyé (?:de|depuis) (?:mon|ma)\b[^\n]{0,60}|(?:von|"
    r"aus) meinem \w+ (?:ge"
    r"sendet|gesandt)[^\n]{0,40}|gesendet (?:von|mit|über)\b[^\n]{0,60}|"
    r"inviato da(?:l mio)?\b[^\n]"
    r"{0,60}|verzonden vanaf[^\n]{0,60}|verstuurd vanaf[^\n]{0,60}|skickat från[^\n]{0,60}|"
    r"sendt fra"
    r"[^\n]{0,60}|wysłane z[^\n]{0,60}|отправлено с[^\n]{0,60}|lähetetty[^\n]{0,60}|hanki outlook"
    r"[^\n]{0,60}|télécharger outlook[^\n]{0,60}|(?:iphone|"
    r"ipad)から送信)[\s*_.)\]]*(?:<\S+>)?\s*$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\s*(?:(?:best|kind(?:est)?|warm(?:est)?|with (?:best|kind))?\s*(?:regards|wishes)|cheers|"
    r"(?:many )?thanks(?: (?:and|in advance|again|a lot|so much))?[\w ]{0,20}|thank you|thx|"
    r"sincerely"
    r"(?: yours)?|yours (?:sincerely|truly|faithfully)|all the best|mit freundlichen gr[üu](?:ß|"
    r"ss)en"
    r"|(?:viele|beste|liebe|schöne) gr[üu](?:ß|ss)e|mfg|lg|cordialement|bien à vous|saludos|un "
    r"saludo|atentamente|cordiali saluti|met vriendelijke groet(?:en)?|mvh|med vänlig(?:a)? "
    r"hälsning(?:ar)?|atenciosamente|pozdrawiam|с уважением|ystävällisin terveisin|best)\s*[,.!]?"
    r"\s*$",
    re.IGNORECASE,
)


def new_words(text: str) -> str:
    """What was written now. Answers between quoted lines stay, and the quotes they answer."""
    text = text[:LONGEST].replace("\r\n", "\n").replace("\r", "\n").replace("\u200b", "")
    text = text.replace("\u1427", "")
    lines = [line.rstrip() for line in text.split("\n")]
    kept = _without_history(lines)
    kept = _without_signature(kept)
    result = _tidy(kept)
    if not result:
        result = _tidy([line for line in lines if not line.lstrip().startswith(">")])
    return result or _tidy(lines)


def _tidy(lines: list[str]) -> str:
    return "\n".join(lines).strip("\n ").strip()


def _without_history(lines: list[str]) -> list[str]:
    """The lines up to where the history begins. A quote with new words below it stays."""
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        if not _begins_history(lines, number):
            continue
        below = lines[_after_header(lines, number) :]
        answer = _answered_below(below)
        above = lines[:number]
        if answer and not _tidy(above):
            return answer
        if answer and _is_between(below):
            return [*above, *answer]
        return above
    return _without_last_quotes(lines)


def _begins_history(lines: list[str], number: int) -> bool:
    line = lines[number]
    if line.strip() == QUOTE_MARK or _SEPARATOR.match(line):
        return True
    if _ABOVE.match(line) or _FORWARDED.match(line):
        return True
    if _RULE.match(line):
        return _is_block_of_headers(lines, number + 1)
    if _is_wrote(lines, number):
        return True
    return bool(_SENDER_FIELD.match(line)) and _is_block_of_headers(lines, number)


def _is_wrote(lines: list[str], number: int) -> bool:
    """Whether "On Monday … somebody wrote:" begins here, over up to a few lines."""
    first = lines[number].strip()
    if first.endswith(":") and _WROTE.search(first) and _TELLS_WHEN.search(first):
        return True
    if first.endswith((":", "：")) and _ENDS_WITH_WHOM.search(first):
        return bool(_TELLS_WHEN.search(first))
    if not _BEGINS_WROTE.match(lines[number]) or not re.search(r"\d|@", first):
        return False
    joined = ""
    for line in lines[number : number + LOOK_AHEAD]:
        bare = line.lstrip("> ").strip("*_ ")
        if not bare and not _TELLS_WHEN.search(joined):
            return False
        joined = f"{joined} {bare}".strip()
        if len(joined) > 400:
            return False
        if _WROTE.search(joined) and _HAS_WHEN_OR_WHO.search(joined):
            return True
    return False


def _is_block_of_headers(lines: list[str], number: int) -> bool:
    """Whether the next lines are the headers of a mail, as Outlook writes them above a quote."""
    found, seen = 0, 0
    for line in lines[number : number + LOOK_AHEAD * 2]:
        if not line.strip():
            if found:
                break
            continue
        seen += 1
        if _FIELD.match(line):
            found += 1
        elif seen - found > 2:
            break
        if found >= 3:
            return True
    if found != 2 or seen > 3:
        return False
    block = "\n".join(lines[number : number + LOOK_AHEAD])
    return "@" in block or bool(re.search(r"\d{4}", block))


def _after_header(lines: list[str], number: int) -> int:
    """The line after the one that introduces the history."""
    if _is_wrote(lines, number):
        joined = ""
        for ahead, line in enumerate(lines[number : number + LOOK_AHEAD], number):
            joined = f"{joined} {line.strip('> ')}".strip("*_ ")
            if _WROTE.search(joined):
                return ahead + 1
    return number + 1


def _answered_below(lines: list[str]) -> list[str]:
    """New words below or between quoted lines; nothing when the history is not quoted by ">"."""
    first = next((line for line in lines if line.strip()), "")
    if not first.lstrip().startswith(">"):
        return []
    if not any(_is_new(line) for line in lines):
        return []
    last = max(n for n, line in enumerate(lines) if _is_new(line))
    return (
        lines[: last + 1] if _is_between(lines) else [ln for ln in lines if _is_new_or_blank(ln)]
    )


def _is_new(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith((">", "|"))


def _is_new_or_blank(line: str) -> bool:
    return not line.lstrip().startswith(">")


def _is_between(lines: list[str]) -> bool:
    """Whether new words stand between quoted ones: then the quotes are what they answer."""
    new = [n for n, line in enumerate(lines) if _is_new(line)]
    quoted = [n for n, line in enumerate(lines) if line.lstrip().startswith(">")]
    return bool(new and quoted) and quoted[-1] > new[0]


def _without_last_quotes(lines: list[str]) -> list[str]:
    """Without the quoted lines at the end that nothing introduces."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return lines[:end] if end else lines


def _without_signature(lines: list[str]) -> list[str]:
    """Without what a program or a habit puts below the words: only after a first paragraph."""
    started = False
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        if started and (_SIGNATURE.match(line) or _SENT_FROM.match(line)):
            return lines[:number]
        started = True
    return lines
