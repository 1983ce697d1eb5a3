"""What a mail becomes: words, files, addresses, and what could not be read."""

from __future__ import annotations

import sys
import time

import pytest

from redphone.channels.mail.incoming import Kind
from redphone.channels.mail.receive import receive

HEAD = b"From: Mira <mira@customer.example>\nSubject: Help\n"


def test_only_the_new_words_are_words_and_all_of_it_is_text() -> None:
    raw = HEAD + (
        b"In-Reply-To: <a@x>\nReferences: <r@x>\n <a@x>\n\n"
        b"It is down again.\n\n"
        b"On Mon, 23 Nov 2026 at 10:00, Desk <desk@x.example> wrote:\n> Fixed.\n"
    )

    read = receive(raw)

    assert read.words == "It is down again."
    assert "> Fixed." in read.text
    assert read.references == ("<r@x>", "<a@x>")
    assert (read.sender, read.sender_name) == ("mira@customer.example", "Mira")


@pytest.mark.parametrize(
    ("line", "follows"),
    [
        ("Am Mo., 23. Nov. 2026 um 10:00 Uhr schrieb Desk <d@x.example>:", "> alt"),
        ("Le lun. 23 nov. 2026 \u00e0 10:00, Desk <d@x.example> a \u00e9crit :", "> vieux"),
        ("El lun, 23 nov 2026 a las 10:00, Desk (<d@x.example>) escribi\u00f3:", "> viejo"),
        ("-----Urspr\u00fcngliche Nachricht-----", "Von: Desk"),
        ("-- ", "Mira, Customer Ltd."),
        ("Sent from my iPhone", ""),
    ],
)
def test_history_and_signature_are_cut_in_many_languages(line: str, follows: str) -> None:
    text = f"First.\n\nSecond.\n\n{line}\n{follows}\n"

    assert receive(HEAD + b"\n" + text.encode()).words == "First.\n\nSecond."


@pytest.mark.parametrize(
    "quote",
    [
        '<div class="gmail_quote">On Monday:<blockquote>old words</blockquote></div>',
        '<blockquote type="cite">old words</blockquote>',
        '<div class="moz-cite-prefix">Desk:</div><blockquote type="cite">old words</blockquote>',
        '<div id="divRplyFwdMsg"><b>From:</b> Desk</div><div>old words</div>',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt">From: Desk</div><p>old words</p>',
    ],
)
def test_history_in_html_is_known_by_what_mail_programs_write(quote: str) -> None:
    raw = HEAD + f"Content-Type: text/html\n\n<p>It is down.</p>{quote}".encode()

    read = receive(raw)

    assert read.words == "It is down."
    assert "old words" in read.text


def test_html_acts_on_nothing_and_loads_nothing() -> None:
    raw = HEAD + (
        b"Content-Type: text/html\n\n<style>@import url(//x)</style><p onclick=go()>Hi</p>"
        b"<img src=https://x/t.gif><script>go()</script><form action=/x><input></form>"
        b"<a href='javascript:go()'>a</a><div style='background:url(//x)'>d</div>"
    )

    html = receive(raw).html

    assert "Hi" in html
    assert not any(bad in html for bad in ("script", "img", "style", "form", "onclick", "//x"))


@pytest.mark.parametrize(
    ("field", "name"),
    [
        (b'filename="../../etc/passwd"', "passwd"),
        (b'filename="C:\\\\Users\\\\x\\\\log.txt"', "log.txt"),
        (b"filename*=UTF-8''%E2%82%AC%20rates.txt", "\u20ac rates.txt"),
        (b"filename*0=long; filename*1=-name.txt", "long-name.txt"),
        (b'filename="=?utf-8?b?TG9nLnR4dA==?="', "Log.txt"),
        (b'filename="..."', "part-1.txt"),
    ],
)
def test_a_files_name_is_read_and_never_trusted(field: bytes, name: str) -> None:
    raw = HEAD + b"Content-Type: text/plain\nContent-Disposition: attachment; " + field + b"\n\nx"

    (file,) = receive(raw).files

    assert file.name == name


def test_a_mail_without_words_is_a_mail_with_files() -> None:
    raw = HEAD + b"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\nJVBERg==\n"

    read = receive(raw)

    assert (read.words, read.unreadable) == ("", "")
    assert [(file.name, file.content) for file in read.files] == [("part-1.pdf", b"%PDF")]


@pytest.mark.parametrize("name", ["winmail.dat", "invite.ics"])
def test_what_other_programs_pack_is_kept_as_a_file(name: str) -> None:
    kind = b"application/ms-tnef" if name.endswith("dat") else b"text/calendar"
    raw = HEAD + b"Content-Type: " + kind + b"; name=" + name.encode() + b"\n\nx"

    assert [file.name for file in receive(raw).files] == [name]


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("iso-8859-1", "Stra\u00dfe \u201eweg\u201c".encode("cp1252")),
        ("unknown-8bit", "Stra\u00dfe \u201eweg\u201c".encode()),
        ("no-such-charset", "Stra\u00dfe \u201eweg\u201c".encode()),
        ("utf-7", "Stra\u00dfe \u201eweg\u201c".encode("utf-7")),
        ("unicode-1-1-utf-7", "Stra\u00dfe \u201eweg\u201c".encode("utf-7")),
    ],
)
def test_a_charset_that_lies_or_is_unknown_loses_no_word(charset: str, raw: bytes) -> None:
    head = HEAD + f"Content-Type: text/plain; charset={charset}\n\n".encode()

    assert receive(head + raw).words == "Stra\u00dfe \u201eweg\u201c"


@pytest.mark.parametrize("raw", [b"", b"\n\n", b"\x00\xff", b"no header at all", b"From:\n\n"])
def test_the_least_of_mails_is_a_mail_of_a_person(raw: bytes) -> None:
    assert receive(raw).kind is Kind.HUMAN


def test_a_mail_whose_parts_are_broken_is_shown_as_it_came() -> None:
    read = receive(HEAD + b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type:"
                   b" multipart/mixed; boundary=bb\n--b--\nthe shop is down\n")  # fmt: skip

    assert "the shop is down" in read.words
    assert "broken" in read.unreadable


def test_an_encrypted_mail_says_that_nobody_can_read_it_here() -> None:
    raw = HEAD + (
        b"Content-Type: multipart/encrypted; boundary=b\n\n--b\nContent-Type:"
        b" application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream;"
        b" name=e.asc\n\n-----BEGIN\n--b--\n"
    )

    assert "encrypted" in receive(raw).unreadable


def test_results_of_checks_are_told_with_the_server_that_wrote_them() -> None:
    raw = b"Authentication-Results: MX.desk.example 1;\n spf=pass; dkim=fail\n" + HEAD + b"\nx"

    assert receive(raw).authentication == (("mx.desk.example", "spf=pass; dkim=fail"),)


def test_an_ordinary_mail_is_read_in_a_few_milliseconds() -> None:
    html = "<div>" + "<p>It is down since noon, all orders fail.</p>" * 20 + "</div>"
    text = "It is down since noon, all orders fail.\n" * 20
    raw = (
        HEAD
        + (
            "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
            f"{text}\nOn Monday, 23 Nov 2026, Desk <d@x.example> wrote:\n> old\n"
            f"--b\nContent-Type: text/html\n\n{html}\n--b--\n"
        ).encode()
    )
    receive(raw)

    spans = []
    for _ in range(15):
        begun = time.process_time()
        receive(raw)
        spans.append(time.process_time() - begun)

    sys.stdout.write(f"\nan ordinary mail: {min(spans) * 1000:.2f} ms\n")
    assert min(spans) < 0.005
