"""Phone messages: taken, handed over at once, kept six months, gone.

Beware the label: this app is `phone_messages` (URL and template namespace too), because
django.contrib.messages has taken `messages`.
"""
