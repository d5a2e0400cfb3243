"""What callers leave, how it is handed over, and what the customer's people do with it."""

from messages.models.delivery import Delivery as Delivery
from messages.models.delivery import DeliveryQuerySet as DeliveryQuerySet
from messages.models.message import PhoneMessage as PhoneMessage
from messages.models.message import PhoneMessageQuerySet as PhoneMessageQuerySet
from messages.models.note import MessageNote as MessageNote
