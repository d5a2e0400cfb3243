"""How long a request may take, as IMY counts (article 12(3)).

From the day of receipt: the same date of the next month; the month's last day where that date does
not exist; the next working day where it is a Saturday, a Sunday or a public holiday. Two more
months when the person is told within the first. The eves (midsummer's, Christmas', New Year's) are
no public holidays (lagen 1989:253): an answer due on one is due on it, which is never too late.
"""

import calendar
from datetime import date, timedelta

from smartsvar.workdays import is_working_day as is_working_day

FIRST_MONTHS = 1
EXTENDED_MONTHS = 3


def answer_by(received: date, *, months: int = FIRST_MONTHS) -> date:
    """Return the last day for the answer to a request that came on this day."""
    index = received.year * 12 + received.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    day = date(year, month + 1, min(received.day, last))
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def days_left(last: date, today: date) -> int:
    """Return the calendar days until the last day: 0 on that day itself, negative after it."""
    return (last - today).days
