"""A count as people here write it: 10 000 in Swedish, 10,000 in English.

Asked for count by count and never set for all numbers: a customer's number, a year, a request's
number, a value in a form or a file are names of something, and stay as they are.
"""

import re

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format


def grouped(count: int) -> str:
    """Return a count in the reader's language, by thousands, in one piece."""
    return str(number_format(count, use_l10n=True, force_grouping=True))


def file_size(size: int) -> str:
    """Return how big a file of so many bytes is: 1 023,5 KB."""
    return re.sub(r"\d{4,}", lambda digits: grouped(int(digits[0])), filesizeformat(size))
