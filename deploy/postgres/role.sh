#!/bin/sh
# Makes the application's role and database in a new cluster. PostgreSQL's image runs it once; the
# tests run it too. The role is no superuser: what the application may not do, a thief of its
# password may not do either.
set -eu
: "${APP_PASSWORD:?}"
"${PSQL:-psql}" --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=password="$APP_PASSWORD" \
    --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<'SQL'
CREATE ROLE smartsvar LOGIN NOSUPERUSER NOCREATEROLE PASSWORD :'password';
-- Destroyed keys leave the write-ahead log at once instead of some day (smartsvar/vault/finality.py).
GRANT pg_checkpoint TO smartsvar;
\connect template1
GRANT EXECUTE ON FUNCTION pg_switch_wal() TO smartsvar;
\connect postgres
CREATE DATABASE smartsvar OWNER smartsvar;
REVOKE CONNECT ON DATABASE smartsvar FROM PUBLIC;
SQL
