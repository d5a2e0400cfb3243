"""Support's pages under /admin/: metadata to read, customers to open, and nothing else.

A model has pages here only where its app's admin.py registers them with `support_site`; what
other packages register with Django's own site has no address.
"""
