"""The WSGI entry point: `gunicorn smartsvar.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")

application = get_wsgi_application()
