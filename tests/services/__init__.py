"""The real parts the tests run against, started from packages on a bare machine.

`python -m tests.services --stack sqlite|postgres -- COMMAND…` starts what the stack needs, runs the
command with the environment of `smartsvar/settings.py`, stops everything, returns its exit code.

Valkey, SMTP and a browser are real in both stacks, and KMS is moto's server; `sqlite` adds files
and a disk storage, `postgres` adds two PostgreSQL clusters and an S3 server. Beside the settings
the command gets

    TEST_STACK          sqlite | postgres
    TEST_VALKEY_URL     redis://…:port, without a database number (0 broker, 1 cache, 2-63 free)
    TEST_SMTP_DIR       one .eml per mail (bounce@… and later@… are refused, smartsvar/demo/sink.py)
    TEST_SERVICE_LOGS   <service>.log
    TEST_PGDATA_MAIN, TEST_PGDATA_KEYS   data folders of the clusters (postgres only)
    TEST_PG_ADMIN_MAIN, …_KEYS           their superusers' URLs (postgres only)
    TEST_PG_BIN                          folder of pg_dump, pg_basebackup, … (postgres only)
    TEST_KMS_ENDPOINT   a KMS like that of AWS, without keys yet; it accepts any credentials
    CHROMIUM_PATH       a browser that starts

A part that cannot start ends the run with its reason and a non-zero exit: never a skip.
"""
