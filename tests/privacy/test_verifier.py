"""The verifier's arithmetic against another's: what cryptography signs holds, all else does not."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.receipts import verify
from smartsvar.vault.signing import is_signed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200))
def test_it_accepts_what_was_signed(seed: bytes, message: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed)
    assert verify.is_signed(key.public_key().public_bytes_raw(), message, key.sign(message))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 96 * 8 - 1))
def test_one_turned_bit_of_key_or_signature_is_refused(bit: int) -> None:
    whole = bytearray(PUBLIC + KEY.sign(b"message"))
    whole[bit // 8] ^= 1 << bit % 8
    public, signature = bytes(whole[:32]), bytes(whole[32:])
    assert not verify.is_signed(public, b"message", signature)
    assert not is_signed(public, b"message", signature)


def test_an_answer_outside_the_group_is_refused() -> None:
    """RFC 8032, 8.4: with L added it would fit as well, and one fact have two signatures."""
    signature = KEY.sign(b"message")
    answer = int.from_bytes(signature[32:], "little") + verify.L
    moved = signature[:32] + answer.to_bytes(32, "little")
    assert not verify.is_signed(PUBLIC, b"message", moved)


def test_bytes_that_are_no_point_or_too_short_are_refused() -> None:
    signature = KEY.sign(b"message")
    for public in (b"", b"\xff" * 32, PUBLIC[:31], (2).to_bytes(32, "little")):
        assert not verify.is_signed(public, b"message", signature)
    for broken in (b"", signature[:63], signature + b"\0", b"\xff" * 64):
        assert not verify.is_signed(PUBLIC, b"message", broken)


def test_the_known_answer_of_the_standard() -> None:
    """RFC 8032, 7.1, test 1: the empty message."""
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b4"
        "6bd25bf5f0595bbe24655141438e7a100b"
    )
    assert verify.is_signed(public, b"", signature)
    assert not verify.is_signed(public, b"x", signature)
