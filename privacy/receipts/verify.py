"""Check receipts of deletion, a certificate of erasure, or our signature on an agreement:
`python verify.py FILE --keys KEYS`.

One file, Python 3.9 or later, nothing else: hand it to whoever wants to check and does not want to
take our word. KEYS is what we publish under /kvitton/nycklar.json; keep the copy of it that you
fetched first. Prints what it found and ends with 0 when everything holds, 1 when something does
not, 2 when a file cannot be read.

A signature is checked as RFC 8032, 5.1.7, says (Ed25519). That needs no secret, so plain arithmetic
will do; it is slow (some milliseconds each) and that is all.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

FORMAT = "smartsvar receipt of deletion, version 1"
CERTIFICATE = "smartsvar certificate of erasure, version 1"
AGREEMENT = "smartsvar signed agreement, version 1"
GENESIS = "0" * 64

# The curve: -x² + y² = 1 + d·x²·y² over the integers modulo P; its points' order L (RFC 8032, 5.1).
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]
NEUTRAL: Point = (0, 1, 1, 0)  # points are (X, Y, Z, T) with x = X/Z, y = Y/Z, x·y = T/Z


def canonical(fact: dict[str, Any]) -> bytes:
    """Return the bytes that are signed: JSON with sorted keys and no spaces, in ASCII."""
    return json.dumps(fact, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def digest(fact: dict[str, Any]) -> str:
    """Return what the next receipt says of this one: the SHA-256 of its signed bytes, in hex."""
    return hashlib.sha256(canonical(fact)).hexdigest()


def add(a: Point, b: Point) -> Point:
    """Return the sum of two points."""
    left = (a[1] - a[0]) * (b[1] - b[0]) % P
    right = (a[1] + a[0]) * (b[1] + b[0]) % P
    cross = 2 * a[3] * b[3] * D % P
    both = 2 * a[2] * b[2] % P
    e, f, g, h = right - left, both - cross, both + cross, right + left
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Point) -> Point:
    """Return the point added to itself so many times."""
    total = NEUTRAL
    while number:
        if number & 1:
            total = add(total, point)
        point = add(point, point)
        number >>= 1
    return total


def same(a: Point, b: Point) -> bool:
    """Tell whether these are one point."""
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point_of(data: bytes) -> Point | None:
    """Return the point that 32 bytes stand for, or None."""
    number = int.from_bytes(data, "little")
    odd, y = number >> 255, number & (2**255 - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and odd):
        return None
    if x & 1 != odd:
        x = P - x
    return x, y, 1, x * y % P


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little")) or NEUTRAL


def is_signed(public: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether the owner of the public key (32 bytes) signed the message (64 bytes)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, commitment = point_of(public), point_of(signature[:32])
    answer = int.from_bytes(signature[32:], "little")
    if key is None or commitment is None or answer >= L:
        return False
    challenge = hashlib.sha512(signature[:32] + public + message).digest()
    number = int.from_bytes(challenge, "little") % L
    return same(times(answer, BASE), add(commitment, times(number, key)))


def signature_faults(signed: dict[str, Any], keys: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with one signed fact by itself."""
    fact = signed["fact"]
    key = keys.get(fact.get("key"))
    if key is None:
        yield "was signed with a key that is not among the published ones"
        return
    if not is_signed(_bytes(key["public"]), canonical(fact), _bytes(signed["signature"])):
        yield "was changed, or is not ours: its signature does not fit"
    when = datetime.fromisoformat(fact["signed_at"])
    if when < datetime.fromisoformat(key["from"]):
        yield "was signed before its key was made"
    if key["until"] and when > datetime.fromisoformat(key["until"]):
        yield "was signed after its key was retired"


def chain_faults(receipts: list[dict[str, Any]]) -> Iterator[str]:
    """Yield what is wrong between the receipts of a file, in its order."""
    before: dict[str, Any] | None = None
    for signed in receipts:
        fact = signed["fact"]
        name = f"receipt {fact['sequence']}"
        if before is None:
            if fact["sequence"] == 1 and fact["previous"] != GENESIS:
                yield name + ": the first names one before it"
        elif fact["customer"] != before["customer"]:
            yield name + ": is another customer's"
        elif fact["sequence"] != before["sequence"] + 1:
            yield f"{name}: follows {before['sequence']}; what is between them is missing"
        elif fact["previous"] != digest(before):
            yield f"{name}: does not follow the receipt {before['sequence']} that is here"
        before = fact


def certificate_faults(signed: dict[str, Any], keys: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a certificate; what stands beside its fact nobody has signed."""
    names = {CERTIFICATE: "the certificate", AGREEMENT: "the agreement's signature"}
    name = names.get(signed["fact"]["format"])
    if name is None:
        yield f"a fact of another format than “{CERTIFICATE}” or “{AGREEMENT}”"
        return
    if set(signed) != {"fact", "signature"}:
        yield f"{name}: more stands in the file than was signed"
    for fault in signature_faults(signed, keys):
        yield f"{name}: {fault}"


def faults(document: dict[str, Any], keys: dict[str, Any]) -> Iterator[str]:
    """Yield all that is wrong with receipts or a certificate. Raises ValueError for neither."""
    try:
        published = {key["name"]: key for key in keys["keys"]}
        if "fact" in document:
            yield from certificate_faults(document, published)
            return
        receipts = document["receipts"]
        for signed in receipts:
            if signed["fact"]["format"] != FORMAT:
                yield f"a fact of another format than “{FORMAT}”"
                return
            for fault in signature_faults(signed, published):
                yield f"receipt {signed['fact']['sequence']}: {fault}"
        yield from chain_faults(receipts)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError("no receipts and no certificate, or not a file of keys") from error


def _bytes(text: str) -> bytes:
    """Return what base64 stands for; nothing for a second writing of the same bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if base64.b64encode(data).decode() == text else b""


def _read(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        return json.load(file, object_pairs_hook=_once)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: one reader takes the first, another the last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in it")
    return found


def say(receipts: list[dict[str, Any]]) -> None:
    """Print what a sound file says."""
    total = sum(each["count"] for signed in receipts for each in signed["fact"]["deleted"])
    first, last = receipts[0]["fact"], receipts[-1]["fact"]
    print(f"All {len(receipts)} receipts hold, {first['sequence']} to {last['sequence']}.")
    print(f"Customer {last['customer']}, {total} records deleted.")
    print(f"First signed {first['signed_at']}, last {last['signed_at']}.")
    if first["sequence"] != 1:
        print(f"The file begins with receipt {first['sequence']}: earlier ones are not in it.")


def say_agreement(fact: dict[str, Any]) -> None:
    """Print what a sound signature on an agreement says."""
    print(f"The signature on the agreement {fact['agreement']} holds.")
    print(f"Customer {fact['customer']}, version {fact['version']}, signed {fact['agreed_at']}.")
    print(f"It is of the PDF with the SHA-256 {fact['pdf_sha256']}.")


def say_certificate(fact: dict[str, Any]) -> None:
    """Print what a sound certificate says."""
    print(f"The certificate of erasure {fact['erasure']} holds: {fact['result']}.")
    print(f"Customer {fact['customer']}, about: {fact['about']}.")
    print(f"Asked {fact['asked_at']}, ended {fact['ended_at']}, signed {fact['signed_at']}.")
    for model, count in sorted(fact["erased"].items()):
        print(f"Erased: {count} {model}")
    for each in fact["kept"]:
        until = f", until {each['until']}" if each["until"] else ""
        print(f"Kept: {each['count']} {each['model']}, by {each['law']}{until}")


def main(arguments: list[str]) -> int:
    """Check a file; return the exit code."""
    if len(arguments) != 3 or arguments[1] != "--keys":
        print("python verify.py FILE --keys KEYS", file=sys.stderr)
        return 2
    try:
        document, keys = _read(arguments[0]), _read(arguments[2])
        found = list(faults(document, keys))
        if not found and not document.get("receipts", [document]):
            print("The file holds no receipts.")
            return 0
    except (OSError, ValueError) as error:
        print(f"Cannot be read: {error}", file=sys.stderr)
        return 2
    for fault in found:
        print(fault)
    if not found and "fact" in document:
        fact = document["fact"]
        say_agreement(fact) if fact["format"] == AGREEMENT else say_certificate(fact)
    elif not found:
        say(document["receipts"])
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
