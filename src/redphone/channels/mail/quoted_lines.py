"""What a line of a mail is: text, a quote, or one of the lines that history begins with.

Mail programs announce history in the reader's language. The words for it are few in each; what
stands around them (a date, an address, a colon at the end) makes them sure.
"""

from __future__ import annotations

import re

WROTE = (
    r"wrote|writes|schrieb|schreef|geschreven|skrev|skrifaði|kirjoitti|a écrit|escribi[óo]"
    r"|escreveu"
    r"|ha scritto|scrisse|napisa[łl]\w?(?:\(a\))?|pisze|napsal\w?(?:\(a\))?"
    r"|napísal\w?(?:\(a\))?|je"
    r" napisal\w?(?:\(a\))?|írta|a scris|написал\w?(?:\(а\))?|пишет|написав|έγραψε|yazdı"
    r"|tarihinde"
    r"|写道|寫道|のメール|님이 작성|viết|đã viết|a scrit|va escriure|rašė|rakstīja|kirjutas|said|"
    r"napsala|schrieben|vrakstīja|wrote the following|reply"
)
"""The verb of the line above a quote: "On Monday Mira wrote:"."""

_STARTS = (
    r"on|am|op|den|le|el|em|no dia|il|w dniu|dnia|dne|v|la|på|vào|a|le|wt|pon|śr|czw|pt|sob"
    r"|niedz"
    r"|mån|tis|ons|tors|fre|lör|sön|mandag|tirsdag|onsdag|torsdag|fredag|lørdag|søndag|vom"
    r"|at|в|от"
)
_DATED = (
    r"(?:\d{4}[-./年]|\d{1,2}[:.h]\d{2}|\d{1,2}[./]\d{1,2}[./]|@|\b(?:19|20)\d\d\b"
    r"|\d{1,2} ?(?:st|nd|rd|th)?\b)"
)

ATTRIBUTION = re.compile(
    rf"^[ \t*_>-]*(?:(?:(?:{_STARTS})\b.{{0,250}}\b(?:{WROTE})\b.{{0,160}}[:：>]"
    rf"|(?=.{{0,400}}{_DATED}).{{1,250}}(?:{WROTE})(?![\w(]).{{0,120}}[:：]"
    rf"|.{{1,160}}<[^<>\n]{{3,200}}>[^\n]{{0,60}}(?:{WROTE}).{{0,80}}[:：]"
    rf"|.{{0,60}}\d{{4}}年\d{{1,2}}月\d{{1,2}}日.{{0,120}}[:：]"
    rf"|\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}[ T,]+\d{{1,2}}:\d\d(?::\d\d)?(?: ?GMT[+-]?[\d:]*"
    rf"| ?\(?[A-Z]{{3,4}}\)?)?"
    rf"[ ,]+.{{0,100}}<[^<>\s]{{1,80}}@[^<>\s]{{1,80}}>:?"
    rf"|\d{{1,2}}[-/.]\d{{1,2}}[-/.]\d{{4}},? .{{0,160}}<[^<>\s]{{1,80}}@[^<>\s]{{1,80}}>:"
    rf"|(?:{_STARTS})\b.{{0,200}}<[^<>\s]{{1,80}}@[^<>\s]{{1,80}}>[ ,]*(?:{WROTE})"
    r"))[ \t*_]*$",
    re.I,
)
_OPENS = re.compile(
    rf"^[ \t*_]*(?:(?:{_STARTS})\b|.{{0,120}}(?:<|@)|.{{0,60}}\d{{1,2}}[:.]\d\d"
    rf"|.{{0,50}}\d{{4}})",
    re.I,
)

SEPARATOR = re.compile(
    r"^[ \t>*]*(?:[-_=*]{2,60} ?(?:(?:original(?:e|nachricht)?|ursprüngliche"
    r"|oorspronkelijk\w*|originalmeddelande"
    r"|oprindelig|opprinnelig|alkuperäinen|mensaje|mensagem|message|messaggio|wiadomo\w*"
    r"|p[ůu]vodn\w*"
    r"|pôvodn\w*|eredeti|исходное|пересланное|пересылаемое|оригинал\w*|forwarded"
    r"|weitergeleitete"
    r"|doorgestuurd\w*|reply|originele|videresendt|vidarebefordrat|mesajul|orijinal|原始|转发|转發"
    r"|元の|"
    r"αρχικό|tin nhắn|origineel|replied|urspr\w*|anfang der|begin)[^\n]{0,60}?[-_=*]{2,60}"
    r"|original message)"
    r"|(?:begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)"
    r"|début du message"
    r" (?:transféré|réexpédié)|inicio del mensaje reenviado|inizio messaggio inoltrato"
    r"|begin doorgestuurd"
    r" bericht|start på vidarebefordrat mail|start på videresendt"
    r"|início da mensagem reencaminhada"
    r"|начало переадресованного сообщения|rozpoczęcie przekazywanej|転送されたメッセージ"
    r"|välitetty viesti alkaa)[ :]*"
    r"|-{2,}\s*(?:please )?(?:reply|antwort\w*|répon\w*)[^\n]{0,30}above this line[^\n]{0,10}"
    r"|[#-]{2,}.{0,20}(?:type your reply|reply) above.{0,20}[#-]{0,4})[ \t*]*:?[ \t]*$",
    re.I,
)
FROM = (
    r"from|von|van|fra|från|de|da|od|lähettäjä|feladó|от(?: кого)?|від"
    r"|差出人|发件人|寄件者|보낸 ?사람"
    r"|από|kimden|gönderen|de la|från|expéditeur|remitente|mittente|送信者|frá|nuo|saatja|no"
)
FIELD = (
    rf"{FROM}|sent|to|subject|date|cc|bcc|reply-to|organi[sz]ation|importance|attachments?"
    rf"|gesendet|an"
    r"|betreff|datum|kopie|antwort an|verzonden|aan|onderwerp|sendt|til|emne|dato|kopi"
    r"|skickat|till|ämne"
    r"|envoy[ée](?: le| par)?|[àa]|objet|pour|enviado(?: el| em)?|fecha|data|para|asunto"
    r"|assunto|inviato"
    r"|oggetto|wysłan[oey]|do|temat|dw|odesláno|komu|předmět|odoslané|predmet|lähetetty"
    r"|vastaanottaja"
    r"|aihe|päiväys|pvm|elküldve|címzett|tárgy|dátum|дата|кому|тема|отправлено|копия"
    r"|надіслано|送信日時"
    r"|宛先|件名|日付|日時|发送时间|收件人|主题|日期|抄送|寄件日期|收件者|主旨"
    r"|보낸 ?날짜|받는 ?사람|제목|날짜|ημερομηνία"
    r"|message du|προς|θέμα|tarih|konu|kime|trimis|către|subiect|répondre à|sentto|envoyé"
    r"|destinataire|dest"
)
HEADER = re.compile(
    rf"^[ \t>]*[*_]{{0,2}}(?:{FIELD})[ \t]?[*_]{{0,2}}[ \t]*[:：][*_]{{0,2}}(?:[ \t]|$|\S)", re.I
)
FIRST_HEADER = re.compile(
    rf"^[ \t>]*[*_]{{0,2}}(?:{FROM}|message du|date|datum|sent|gesendet"
    rf"|subject)[ \t]?[*_]{{0,2}}[ \t]*[:：]",
    re.I,
)
QUOTE = re.compile(r"^[ \t]{0,3}[>|](?![-\w]*=)|^[ \t]{0,3}&gt;")
RULE = re.compile(r"^[ \t>]*[-_=~#*+─—–][-_=~#*+─—– \t]*[-_=~#*+─—–][ \t]*$|^\s{0,40}[ᐧ]\s*$")
SIGNATURE = re.compile(r"^[ \t]*(?:--|__|-- ?\.)[ \t]*$|^[ \t]*-{2}[ \u00a0]$|^[ \t]*—[ \t]*$")
SENT_FROM = re.compile(
    r"^[ \t*_\[-]*(?:sent (?:from|with|via|by|using) (?:my |the "
    r"|an? )?(?:\w+ ?){0,5}(?:phone|pad|mobile|device|android|blackberry"
    r"|mail|outlook|galaxy|samsung|nokia|windows|gmail|yahoo\S*|handheld|tablet|spark|htc"
    r"|sony|xperia|pixel|wireless|watch|ios|mac\w*|app)"
    r"\b.{0,60}|get outlook for .{0,40}|gesendet (?:von|mit|über) .{0,60}"
    r"|von meine[mr] .{0,40} gesendet"
    r"|diese nachricht wurde von mein.{0,50}gesendet|envoy[ée] (?:de|depuis|à partir de"
    r"|avec) .{0,50}|enviado (?:desde|do|a partir d[oe]|de) (?:mi |meu )?.{0,40}"
    r"|inviato da(?:l mio)? .{0,40}|verzonden (?:vanaf|met|via) .{0,40}"
    r"|verstuurd vanaf .{0,40}|sendt fra .{0,40}|skickat från .{0,40}"
    r"|lähetetty .{0,40}|wysłan[eo] z .{0,40}|odesláno z .{0,40}|отправлено (?:с|из) .{0,40}"
    r"|надіслано .{0,40}"
    r"|iphoneから送信|.{0,20}から送信|发自我的.{0,30}|從我的.{0,20}傳送|내 .{0,20}에서 보냄"
    r"|hent outlook til.{0,30}"
    r"|télécharger outlook.{0,30}|hol(?:en sie sich)? outlook.{0,30})[ \t*_\]]*$",
    re.I,
)  # fmt: skip

MOST_JOINED = 8
LONGEST_LINE = 400
_ENDINGS = (":", "：", ">")
_BARE_VERBS = ("wrote", "schrieb", "écrit", "escribió", "scritto", "napisał", "skrev", "schreef")
"""What the line above a quote ends with where a program leaves the colon out."""
_ABBREVIATED = re.compile(r"\b\w{1,5}\.$")


def kind_of(lines: list[str], at: int) -> tuple[str, int]:
    """What the line is, and how many lines it takes.

    "e" empty, "q" quoted, "b" the line above a quote, "d" a separator of history, "h" the header
    of an older mail, "s" a signature's begin, "f" a program's own line, "r" a rule, "t" text.
    """
    line = lines[at]
    if not line.strip():
        return "e", 1
    if QUOTE.match(line):
        return "q", 1
    if len(line) > LONGEST_LINE:
        return "t", 1
    if SEPARATOR.match(line):
        return "d", 1
    if taken := _attribution(lines, at):
        return "b", taken
    if FIRST_HEADER.match(line) and _is_header_block(lines, at):
        return "h", 1
    if SIGNATURE.match(line):
        return "s", 1
    if len(line) < 120 and SENT_FROM.match(line):
        return "f", 1
    if RULE.match(line):
        return "r", 1
    return "t", 1


def _attribution(lines: list[str], at: int) -> int:
    """How many lines the line above a quote takes, for programs wrap it; 0 if it is none."""
    if len(lines[at]) > LONGEST_LINE or not _OPENS.match(lines[at]):
        return 0
    joined = ""
    for used, line in enumerate(lines[at : at + MOST_JOINED], start=1):
        is_open = joined.count("<") > joined.count(">")
        if (QUOTE.match(line) and not is_open) or len(joined) > LONGEST_LINE:
            return 0
        if not line.strip():
            # A blank line stands within it only where an address was broken off it.
            if is_open or any(one.strip() == "<" for one in lines[at + used : at + used + 1]):
                continue
            return 0
        joined = f"{joined} {line.strip()}".strip()
        if joined.rstrip("*_ \t").endswith(_ENDINGS + _BARE_VERBS) and ATTRIBUTION.match(joined):
            return used
        if line.rstrip().endswith((".", "!", "?")) and not _ABBREVIATED.search(line.rstrip()):
            return 0
    return 0


def _is_header_block(lines: list[str], at: int) -> bool:
    """Whether header lines of an older mail follow: two at least, of the next few."""
    near = [line for line in lines[at : at + 9] if line.strip()][:6]
    found = [line.strip(" *_>\t") for line in near if HEADER.match(line)]
    names = {re.split("[:：]", line, maxsplit=1)[0].strip(" *_").lower() for line in found}
    is_dated = re.search(r"@|\d{4}", "\n".join(near)) is not None
    return len(names) >= 3 or (len(names) == 2 and is_dated)
