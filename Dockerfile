# Two stages: packages by hash, then the application without build tools, as a user without rights.
FROM python:3.13-slim AS packages
COPY requirements/base.txt /requirements.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --requirement /requirements.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
# The folders give new volumes their owner; code and static files stay root's, read-only.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin smartsvar \
    && install -d -o smartsvar -g smartsvar -m 0700 \
       /srv/spool /srv/anchors /srv/objects /srv/versions \
    && python -m tools.compile_messages \
    && python -m compileall -q customers messages privacy recordings smartsvar subprocessors \
    && STATIC_ROOT=/app/staticfiles \
       python -m tools.throwaway manage.py collectstatic --noinput --verbosity=0
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "smartsvar.wsgi", "--bind=0.0.0.0:8000", "--workers=2", "--threads=8"]
