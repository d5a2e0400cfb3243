"""The WSGI entry point: `gunicorn smartsvar.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")

_django = get_wsgi_application()
application = import_string("smartsvar.startup.WhenReady")(_django)  # needs the apps loaded
