"""The tenant: customers, their members and staff register, access, API keys."""
