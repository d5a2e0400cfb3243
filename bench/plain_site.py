"""The floor of the ingest: Django storing the same upload as it does by default, in plaintext."""

import os
import sys
from typing import cast

from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    MEDIA_ROOT=os.environ["BENCH_PLAIN_DIR"],
    FILE_UPLOAD_TEMP_DIR=os.environ["BENCH_TEMP_DIR"],
    DATA_UPLOAD_MAX_MEMORY_SIZE=None,
)


def store(request: HttpRequest) -> HttpResponse:
    """Store the file as Django would: a temporary file, then into place."""
    name = default_storage.save("upload", cast("UploadedFile[bytes]", request.FILES["audio"]))
    default_storage.delete(name)
    return HttpResponse(status=201)


urlpatterns = [path("", store)]
application = get_wsgi_application()

if __name__ == "__main__":
    sys.exit("Started by bench.ingest through gunicorn.")
