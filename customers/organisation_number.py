"""Organisationsnummer in one written form; for a sole trader it is a personnummer."""

from stdnum import luhn
from stdnum.exceptions import ValidationError
from stdnum.se import orgnr, personnummer

COORDINATION = 60  # added to the day of birth in a samordningsnummer


def normalise(text: str) -> str:
    """Return NNNNNN-NNNN, or for a person also YYYYMMDD-NNNN, checked by Luhn and date.

    Ten digits whose third is 2 or more are a company's (Skatteverket, SKV 709); others are a
    personnummer or samordningsnummer. Raises ValueError, with a message that does not repeat the
    input.
    """
    try:
        compact = orgnr.compact(text)
        if len(compact) == 10 and compact[2:3] >= "2":
            return str(orgnr.format(orgnr.validate(compact)))
        return _person(personnummer.compact(text))
    except (ValidationError, IndexError, ValueError) as error:
        raise ValueError("Not an organisationsnummer or personnummer.") from error


def _person(number: str) -> str:
    day = int(number[-7:-5])
    if day > COORDINATION:
        plain = f"{number[:-7]}{day - COORDINATION:02}{number[-5:]}"
        personnummer.get_birth_date(plain)
        luhn.validate((number[:-5] + number[-4:])[-10:])
    else:
        personnummer.validate(number)
    if len(number) not in {11, 13}:
        raise ValueError("length")
    return number
