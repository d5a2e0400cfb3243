"""What is due, and everything else that is derived from the declarations.

Finds the other apps' models through `django.apps`; imports neither recordings nor messages.
"""
