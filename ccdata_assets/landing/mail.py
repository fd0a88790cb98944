"""E-mails → their attachments. Text of the mail itself is no table, nor are pictures; what Outlook wraps in a
winmail.dat stays wrapped, and its sender is told.
"""

from __future__ import annotations

import base64
import binascii
import email.errors
import email.header
import email.policy
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import IO
from urllib.parse import unquote_to_bytes

from ccdata_assets.landing.rows import OverLimit, UnreadableFile

MAX_MAIL_BYTES = 268_435_456
"""The standard library reads a mail whole; mail servers stop far below this."""
_NO_TABLE = ("image", "audio", "video")
_NO_TABLE_TYPES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature",
                   "text/calendar", "text/rfc822-headers", "message/delivery-status")  # fmt: skip


@dataclass(frozen=True)
class Attachment:
    """A file that came with a mail, or what is wrong with it."""

    name: str
    content: Callable[[], IO[bytes]]
    problem: str | None = None


def attachments(path: Path) -> Iterator[Attachment]:
    """The attachments of a mail and of mails within it, in their order. Raises UnreadableFile where there is none."""
    if path.stat().st_size > MAX_MAIL_BYTES:
        raise OverLimit("the e-mail is larger than 256 MB; fix: send the attachment itself")
    try:
        with path.open("rb") as file:
            message: Message = BytesParser(policy=email.policy.compat32).parse(file)
        parts = list(message.walk())
    except (RecursionError, ValueError, LookupError):
        raise UnreadableFile("the e-mail is damaged; fix: send the attachment itself") from None
    is_cut = any(
        isinstance(defect, email.errors.CloseBoundaryNotFoundDefect) for part in parts for defect in part.defects
    )
    found = [part for part in parts if _is_attachment(part)]
    if not found:
        raise UnreadableFile("the e-mail has no attachment that could be a table; fix: send the file itself")
    for place, part in enumerate(found, start=1):
        yield _attachment(part, place, is_cut and part is parts[-1])


def _is_attachment(part: Message) -> bool:
    if part.is_multipart() or part.get_content_maintype() in _NO_TABLE or part.get_content_type() in _NO_TABLE_TYPES:
        return False
    if part.get_content_disposition() == "attachment" or _file_name(part):
        return True
    return part.get_content_type() not in ("text/plain", "text/html", "text/enriched", "text/rtf")


def _attachment(part: Message, place: int, is_cut: bool) -> Attachment:
    name = _file_name(part) or f"attachment {place}"
    problem = None
    if part.get_content_type() in ("application/ms-tnef", "application/vnd.ms-tnef") or name.lower() == "winmail.dat":
        problem = "Outlook wrapped it (winmail.dat); fix: let the sender use HTML or plain text, not Rich Text"
    elif is_cut:
        problem = "the e-mail was cut short; fix: send it again"
    elif _is_damaged(part):
        problem = "it is damaged in the e-mail; fix: send it again"
    return Attachment(name, lambda: io.BytesIO(_content(part)), problem)


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _is_damaged(part: Message) -> bool:
    """Base64 that cannot be what was sent: the standard library would leave out what it cannot read."""
    if str(part.get("content-transfer-encoding", "")).strip().lower() != "base64":
        return False
    payload = part.get_payload()
    text = "".join(payload.split()) if isinstance(payload, str) else ""
    try:
        base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return True
    return False


def _file_name(part: Message) -> str:
    """The name of the file, however it was written: RFC 2231, RFC 2047 in quotes, or bare bytes of GBK or UTF-8."""
    for header, key in (("content-disposition", "filename"), ("content-type", "name")):
        raw = next((str(value) for name, value in part.raw_items() if name.lower() == header), None)
        if raw is None:
            continue
        plain = Message()
        plain[header] = _decoded(raw.encode("utf-8", "surrogateescape"), "utf-8").replace("\r", "").replace("\n", "")
        try:
            value = plain.get_param(key, None, header)
        except (ValueError, LookupError):
            continue
        if isinstance(value, tuple):
            charset, _, text = value
            return _decoded(text.encode("latin-1", "ignore"), charset or "utf-8").strip()
        if isinstance(value, str) and value.strip():
            return _decoded_words(value).strip()
    return ""


def _decoded(raw: bytes, charset: str) -> str:
    """Text of bytes whose declared character set is often too small (gb2312 for GBK) or wrong."""
    wider = "gb18030" if charset.lower() in ("gb2312", "gbk", "gb_2312-80", "x-gbk", "cp936") else charset
    for encoding in (wider, "utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return raw.decode("latin-1")


def _decoded_words(text: str) -> str:
    if "=?" not in text:
        return text if "%" not in text else _percent(text)
    try:
        parts = email.header.decode_header(text)
    except (email.errors.HeaderParseError, binascii.Error, ValueError):
        return text
    return "".join(part if isinstance(part, str) else _decoded(part, charset or "utf-8") for part, charset in parts)


def _percent(text: str) -> str:
    """Some web mailers write the name as in an address: %E5%AE%A2….xlsx."""
    try:
        decoded = unquote_to_bytes(text).decode()
    except UnicodeDecodeError:
        return text
    return text if decoded.isascii() else decoded
