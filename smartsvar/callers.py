"""Who calls, in one written form: E.164, a SIP address, or withheld (the empty string)."""

import re

import phonenumbers

WITHHELD = {
    "", "withheld", "anonymous", "unknown", "unavailable", "restricted", "private", "hemligt",
}  # fmt: skip
_SIP = re.compile(r"^sips?:[\w.!~*'()&=+$,;?/%-]{1,100}@[\w.\[\]:-]{1,150}$", re.IGNORECASE)
_NUMBER = re.compile(r"[+0][0-9().-]+")  # as a gateway writes it before the @
_NOBODYS = (
    "invalid"  # the domain of a caller who is withheld: anonymous@anonymous.invalid, RFC 3323
)


def normalise(text: str) -> str:
    """Return E.164, a lower-case SIP address, or "" for a withheld number.

    Numbers without a country are read as Swedish; a SIP address of a telephone number is that
    number, through whichever gateway it came: one caller has one written form. Raises ValueError
    for anything else, with a message that does not repeat the input.
    """
    text = text.strip()
    if text.lower() in WITHHELD:
        return ""
    if text.lower().startswith(("sip:", "sips:")):
        if not _SIP.match(text):
            raise ValueError("Not a SIP address: expected sip:user@host.")
        return _of_sip(text.lower())
    try:
        number = phonenumbers.parse(text, "SE")
    except phonenumbers.NumberParseException as error:
        raise ValueError("Not a phone number, SIP address or 'withheld'.") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError("Not a possible phone number.")
    return _written(number)


def _of_sip(address: str) -> str:
    """Return who a SIP address is: nobody, the telephone number before the @, or the address."""
    user, _, host = address.partition(":")[2].partition("@")
    user = user.partition(";")[0]  # without parameters: ;phone-context=…
    if user in WITHHELD or host.partition(":")[0].rpartition(".")[2] == _NOBODYS:
        return ""
    if not _NUMBER.fullmatch(user):
        return address
    try:
        number = phonenumbers.parse(user, "SE")
    except phonenumbers.NumberParseException:
        return address
    # Without a country it may be an extension of the exchange's: only what can be no other.
    sure = phonenumbers.is_possible_number if user[0] == "+" else phonenumbers.is_valid_number
    return _written(number) if sure(number) else address


def _written(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def display(address: str) -> str:
    """Return the address as people here write it: 070-174 06 05, +45 …, sip:…; "" stays ""."""
    if not address.startswith("+"):
        return address
    number = phonenumbers.parse(address)
    national = number.country_code == 46
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, style.NATIONAL if national else style.INTERNATIONAL)
