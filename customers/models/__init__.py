"""One module per concept; import the models from here."""

from customers.models.absence import Absence, Kind
from customers.models.account_mail import AccountMail
from customers.models.api_key import ApiKey, Scope
from customers.models.counter import Counter
from customers.models.cover import Hold, Restriction, Target
from customers.models.customer import Customer
from customers.models.enquiry import Enquiry
from customers.models.idempotency import IdempotentRequest
from customers.models.invitation import Invitation
from customers.models.member import Member, Role, Sees
from customers.models.register_file import RegisterFile
from customers.models.session import Session
from customers.models.sign_in_event import SignInEvent
from customers.models.staff import StaffMember
from customers.models.tenancy import TenantOwned, TenantQuerySet
from customers.models.user import User

__all__ = [
    "Absence",
    "AccountMail",
    "ApiKey",
    "Counter",
    "Customer",
    "Enquiry",
    "Hold",
    "IdempotentRequest",
    "Invitation",
    "Kind",
    "Member",
    "RegisterFile",
    "Restriction",
    "Role",
    "Scope",
    "Sees",
    "Session",
    "SignInEvent",
    "StaffMember",
    "Target",
    "TenantOwned",
    "TenantQuerySet",
    "User",
]
