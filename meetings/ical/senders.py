"""Whom a mail is from, and what the nearest mail server says of that (Authentication-Results, RFC 8601). Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.utils import getaddresses

LONGEST = 5_000  # characters of a header; what reads a longer one can take minutes
RESULT = re.compile(r"([a-z0-9-]{1,20})(?:/\d+)?\s*=\s*([a-z]{1,20})\b(.*)", re.DOTALL)
WHOSE = re.compile(r"\b(?:header\.[di]|smtp\.mailfrom)\s*=\s*(?:[^\s@=]*@)?([a-z0-9.-]+)(?=\s|$)")


@dataclass(frozen=True)
class Result:
    """One result of a method: «dkim», «pass», and what it is a result of."""

    method: str
    result: str
    whose: str  # a domain, or nothing


def fold_address(text: str) -> str:
    """An address to compare: without mailto:, and in small letters where that makes no other letter of it."""
    bare = re.sub(r"^\s*mailto:", "", text, flags=re.IGNORECASE).strip()
    return bare.lower() if bare.isascii() else bare


def sender_of(mail: Message) -> str:
    """The one address it is from. Two would leave open which of them another program shows, and judges."""
    said = [str(one) for one in mail.get_all("From", [])]
    if sum(map(len, said)) > LONGEST:
        return ""
    found = [address for _, address in getaddresses(said) if address]
    return fold_address(found[0]) if len(found) == 1 else ""


def is_forged(mail: Message, authserv: str = "") -> bool:
    """Whether the sender is not to be believed.

    Only the topmost header counts: our own server wrote it, and a sender may have written those below. One that says
    that DMARC or all of Microsoft's judgement failed, or that neither SPF nor DKIM passed, is a forgery. Where
    `authserv` names our server, the header must be by it and vouch for the sender's domain, by DMARC or what passed.
    """
    by, results = _read(str(mail.get("Authentication-Results", ""))[:LONGEST])
    passed = {one.method for one in results if one.result == "pass"}
    if any(one.result == "fail" and one.method in {"dmarc", "compauth"} for one in results):
        return True
    if {"spf", "dkim"} <= {one.method for one in results} and not passed & {"spf", "dkim", "dmarc"}:
        return True
    if not authserv:
        return False
    domain = sender_of(mail).rpartition("@")[2]
    vouched = "dmarc" in passed or any(
        one.method in {"spf", "dkim"} and one.result == "pass" and _aligned(one.whose, domain) for one in results
    )
    return by != authserv.lower() or not vouched


def _aligned(one: str, other: str) -> bool:
    """The same domain, or the one beneath the other."""
    return bool(one and other) and (one == other or one.endswith(f".{other}") or other.endswith(f".{one}"))


def _read(header: str) -> tuple[str, list[Result]]:
    """Which server the header is by, and its results. Microsoft's names no server: it begins with a result."""
    first, *more = "".join(_bare(header)).lower().split(";")
    by, results = (first.split() or [""])[0], []
    if RESULT.match(first.strip()):
        by, more = "", [first, *more]
    for piece in more:
        found = RESULT.match(piece.strip())
        if found:
            whose = WHOSE.search(found[3])
            results.append(Result(found[1], found[2], whose[1].strip(".") if whose else ""))
    return by, results


def _bare(header: str) -> Iterator[str]:
    """Without comments, and without signs in quotes that would part it: a sender chooses what stands there."""
    depth, is_quoted, signs = 0, False, iter(header)
    for sign in signs:
        if sign == "\\":
            next(signs, "")
        elif sign == '"' and not depth:
            is_quoted = not is_quoted
        elif is_quoted:
            yield sign if sign.isalnum() or sign in ".-@" else "_"
        elif sign in "()":
            depth = max(0, depth + (1 if sign == "(" else -1))
        elif not depth:
            yield sign
