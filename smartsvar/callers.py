"""Who calls, in one written form: E.164, a SIP address, or withheld (the empty string)."""

import re

import phonenumbers

WITHHELD = {"", "withheld", "anonymous", "unknown", "restricted", "private", "hemligt"}
_SIP = re.compile(r"^sips?:[\w.!~*'()&=+$,;?/%-]{1,100}@[\w.\[\]:-]{1,150}$", re.IGNORECASE)


def normalise(text: str) -> str:
    """Return E.164, a lower-case SIP address, or "" for a withheld number.

    Numbers without a country are read as Swedish. Raises ValueError for anything else, with a
    message that does not repeat the input.
    """
    text = text.strip()
    if text.lower() in WITHHELD:
        return ""
    if text.lower().startswith(("sip:", "sips:")):
        if not _SIP.match(text):
            raise ValueError("Not a SIP address: expected sip:user@host.")
        return text.lower()
    try:
        number = phonenumbers.parse(text, "SE")
    except phonenumbers.NumberParseException as error:
        raise ValueError("Not a phone number, SIP address or 'withheld'.") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError("Not a possible phone number.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def display(address: str) -> str:
    """Return the address as people here write it: 070-174 06 05, +45 …, sip:…; "" stays ""."""
    if not address.startswith("+"):
        return address
    number = phonenumbers.parse(address)
    national = number.country_code == 46
    style = phonenumbers.PhoneNumberFormat
    return phonenumbers.format_number(number, style.NATIONAL if national else style.INTERNATIONAL)
