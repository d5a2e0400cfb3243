"""One module per concept; import the models from here."""

from customers.models.api_key import ApiKey, Scope
from customers.models.cover import Hold, Restriction, Target
from customers.models.customer import Customer
from customers.models.idempotency import IdempotentRequest
from customers.models.invitation import Invitation
from customers.models.member import Member, Role
from customers.models.staff import StaffMember
from customers.models.tenancy import TenantOwned, TenantQuerySet
from customers.models.user import User

__all__ = [
    "ApiKey",
    "Customer",
    "Hold",
    "IdempotentRequest",
    "Invitation",
    "Member",
    "Restriction",
    "Role",
    "Scope",
    "StaffMember",
    "Target",
    "TenantOwned",
    "TenantQuerySet",
    "User",
]
