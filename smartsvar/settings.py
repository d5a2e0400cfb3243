"""Settings, all from the environment. No secret has a default; the demo generates its own.

In one file, however long: whoever deploys reads what there is to set from top to bottom.

The list of variables with their meaning is in docs/deployment.md.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEMO: bool = env.bool("SMARTSVAR_DEMO", default=False)
DEBUG = False
SECRET_KEY: str = env.str("SECRET_KEY")
INSTALLATION_ID: str = env.str("INSTALLATION_ID")

# The site's address is a setting, never the Host header (links in mail, signed redirects).
PUBLIC_URL: str = env.str("PUBLIC_URL").rstrip("/")
_public = urlsplit(PUBLIC_URL)
SECURE: bool = _public.scheme == "https"
ALLOWED_HOSTS: list[str] = [_public.hostname or "", *env.list("EXTRA_HOSTS", default=[])]
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]

# Vault
ROOT_KEY: str = env.str("ROOT_KEY", default="")
ROOT_KEY_FILE: str = env.str("ROOT_KEY_FILE", default="")
ROOT_KMS_KEY_ID: str = env.str("ROOT_KMS_KEY_ID", default="")
ROOT_KMS_REGION: str = env.str("ROOT_KMS_REGION", default="")
ROOT_KMS_ENDPOINT: str = env.str("ROOT_KMS_ENDPOINT", default="")
ROOT_KMS_ACCESS_KEY: str = env.str("ROOT_KMS_ACCESS_KEY", default="")
ROOT_KMS_SECRET_KEY: str = env.str("ROOT_KMS_SECRET_KEY", default="")
ROOT_PROVIDER: str = env.str("ROOT_PROVIDER", default="")
# Roots that only open what they sealed, until `rotate_keys --root` has left nothing under them.
ROOT_KEY_PREVIOUS: list[str] = env.list("ROOT_KEY_PREVIOUS", default=[])
ROOT_KMS_PREVIOUS: list[str] = env.list("ROOT_KMS_PREVIOUS", default=[])
ROOT_PROVIDER_PREVIOUS: list[str] = env.list("ROOT_PROVIDER_PREVIOUS", default=[])
if sum(map(bool, (ROOT_KEY, ROOT_KEY_FILE, ROOT_KMS_KEY_ID, ROOT_PROVIDER))) != 1:
    raise ImproperlyConfigured(
        "Set exactly one of ROOT_KEY (base64 of 32 bytes), ROOT_KEY_FILE (its path),"
        " ROOT_KMS_KEY_ID (AWS KMS) and ROOT_PROVIDER (a callable's dotted path)"
    )

INSTALLED_APPS = [
    "customers",
    "recordings",
    "messages",
    "privacy",
    "subprocessors",
    "smartsvar.portal",
    "smartsvar.back_office",
    "smartsvar.bulletins",
    "smartsvar.audit",
    "smartsvar.shredding",
    "smartsvar.vault",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    *(["smartsvar.demo"] if DEMO else []),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "smartsvar.portal.middleware.private_pages",
    "csp.middleware.CSPMiddleware",
    "smartsvar.portal.middleware.closed_for_work",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "smartsvar.portal.trouble.Trouble",
]

ROOT_URLCONF = "smartsvar.urls"
WSGI_APPLICATION = "smartsvar.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


# Databases: the keys are a database of their own, so that a backup of the main one opens nothing.
def _database(variable: str) -> dict[str, Any]:
    config: dict[str, Any] = env.db(variable)
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
            ),
        }
        # A file, not memory: the tests' worker processes must see the same database.
        config["TEST"] = {"NAME": f"{config['NAME']}.test"}
    else:
        config["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
        config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASES = {"default": _database("DATABASE_URL"), "keys": _database("KEYS_DATABASE_URL")}
DATABASE_ROUTERS = ["smartsvar.vault.router.KeysRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Storage: ciphertext on disk or in a bucket; the ledger in a place of its own.
STORAGE: str = env.str("STORAGE", default="disk")
if STORAGE == "s3":
    _s3: dict[str, Any] = {
        "endpoint_url": env.str("S3_ENDPOINT"),
        "region_name": env.str("S3_REGION"),
        "access_key": env.str("S3_ACCESS_KEY"),
        "secret_key": env.str("S3_SECRET_KEY"),
        "file_overwrite": True,
        "default_acl": None,
        "querystring_auth": True,
    }
    _sealed: dict[str, Any] = {
        "BACKEND": "smartsvar.vault.stores.s3.SealedS3Storage",
        "OPTIONS": _s3 | {"bucket_name": env.str("S3_BUCKET")},
    }
    _ledger: dict[str, Any] = {
        "BACKEND": "smartsvar.vault.stores.s3.SealedS3Storage",
        "OPTIONS": _s3 | {"bucket_name": env.str("LEDGER_BUCKET"), "file_overwrite": False},
    }
    SPOOL_DIR: str = env.str("SPOOL_DIR")
else:
    _disk = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
    _backend = "django.core.files.storage.FileSystemStorage"
    _sealed = {"BACKEND": _backend, "OPTIONS": _disk | {"location": env.str("STORAGE_DIR")}}
    _ledger = {"BACKEND": _backend, "OPTIONS": _disk | {"location": env.str("LEDGER_DIR")}}
    SPOOL_DIR = env.str("SPOOL_DIR", default=str(Path(env.str("STORAGE_DIR")) / ".spool"))

STORAGES = {
    "default": _sealed,
    "sealed": _sealed,
    "ledger": _ledger,
    "staticfiles": {
        # Compressing takes half a minute: for an image worth it, for a demo or a test run not.
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.bool("STATIC_COMPRESSION", default=True)
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    },
}
ANCHOR_DIR: str = env.str("ANCHOR_DIR")
# As long as the oldest backup of the main database is kept; those of the key store at most 7 days.
LEDGER_DAYS: int = env.int("LEDGER_DAYS", default=35)
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]

# Uploads: no plaintext on disk. What is not sealed by a handler of ours stays in memory, small.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# A staff register of 5 MB with what surrounds it in the request; what is bigger is not kept at all.
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024 + 64 * 1024
RECORDING_MAX_BYTES: int = env.int("RECORDING_MAX_BYTES", default=600 * 1024 * 1024)
RECORDING_MAX_SECONDS: int = env.int("RECORDING_MAX_SECONDS", default=12 * 3600)

# How many proxies of ours add to X-Forwarded-For; what a client wrote there is not believed.
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", default=1 if SECURE else 0)

# Signing in
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
AUTH_USER_MODEL = "customers.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "portal:home"
ACCOUNT_ADAPTER = "customers.sign_in.InvitedOnly"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_CONFIRMATION_HMAC = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # who changed how somebody signs in must not do so unseen
ACCOUNT_SESSION_REMEMBER = False
# Whatever is answered by 429 is counted per minute: that page says when to try again.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/300s/key",
    "enquiry": "5/h/ip",  # the contact form
    "invitation": "60/h/key",  # per customer
    "invitation_to": "3/h/key",  # per customer and address
    # Beginning a sign-in at the broker, and coming back: as often as signing in by password.
    "broker": "30/m/ip",
    "broker_answer": "30/m/ip",
}  # the rest is allauth's own
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Browsers take http for safe on localhost alone; the demo runs there.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_TOTP_ISSUER = "Smartsvar"
MFA_ADAPTER = "customers.second_factor.SealedSecrets"
MFA_FORMS = {
    "authenticate": "customers.second_factor.SecondStep",
    "reauthenticate": "customers.second_factor.ShowAgain",
    "activate_totp": "customers.second_factor.ActivateSealed",
    "add_webauthn": "customers.second_factor.AddPasskey",
    "edit_webauthn": "customers.second_factor.RenamePasskey",
    "login_webauthn": "customers.second_factor.SignInWithPasskey",
    "authenticate_webauthn": "customers.second_factor.SecondStepWithPasskey",
    "reauthenticate_webauthn": "customers.second_factor.ShowAgainWithPasskey",
}
SUPPORT_NEEDS_SECOND_FACTOR: bool = not DEMO

# A broker of electronic identities (BankID, say) over OpenID Connect: all of these, or none.
OIDC_NAME: str = env.str("OIDC_NAME", default="").strip()  # as the button calls it
OIDC_ISSUER: str = env.str("OIDC_ISSUER", default="").strip()
OIDC_CLIENT_ID: str = env.str("OIDC_CLIENT_ID", default="").strip()
OIDC_CLIENT_SECRET: str = env.str("OIDC_CLIENT_SECRET", default="").strip()
# How somebody must have been identified, in the broker's words; empty: as the broker decides.
OIDC_ACR_VALUES: list[str] = [each for each in env.list("OIDC_ACR_VALUES", default=[]) if each]
if len({bool(each) for each in (OIDC_NAME, OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET)}) > 1:
    raise ImproperlyConfigured(
        "Set OIDC_NAME, OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, or none of them"
    )
_issuer = urlsplit(OIDC_ISSUER)
if OIDC_ISSUER and not (
    _issuer.hostname
    and _issuer.scheme in ({"https"} if SECURE else {"https", "http"})
    and not (_issuer.query or _issuer.fragment or _issuer.username)
):
    raise ImproperlyConfigured(
        "OIDC_ISSUER is the broker's address as it names itself, https://… without ? and #"
    )
SOCIALACCOUNT_ADAPTER = "customers.broker.provider.ConnectedOnly"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"provider_class": "customers.broker.provider.Broker"}}
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an address vouched for elsewhere lets nobody in
_validation = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": _validation + "UserAttributeSimilarityValidator"},
    {"NAME": _validation + "MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": _validation + "CommonPasswordValidator"},
]

# Cookies and headers
SESSION_ENGINE = "customers.sessions"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"  # names, never in a row
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SECURE = SECURE
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
    }
}

# Language and time
LANGUAGE_CODE = "sv"
LANGUAGES = [("sv", _("Swedish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "Europe/Stockholm"

# Privacy
ERASURE_GRACE_DAYS = 14  # the most, before a whole account is erased

# Who answers for the service, as the policy, the agreement and the article 30 record name them.
OPERATOR_NAME: str = env.str("OPERATOR_NAME", default="Smartsvar")
OPERATOR_NUMBER: str = env.str("OPERATOR_NUMBER", default="")
OPERATOR_ADDRESS: str = env.str("OPERATOR_ADDRESS", default="")
PRIVACY_EMAIL: str = env.str("PRIVACY_EMAIL", default="")
DATA_PROTECTION_OFFICER: str = env.str("DATA_PROTECTION_OFFICER", default="")
# How somebody proves to be who signs an agreement (privacy/agreements/proof.py).
SIGNING_PROOF = "privacy.agreements.proof.MailedCode"

# Who is told of a hole: an address, or "" for the contact form (/.well-known/security.txt).
SECURITY_EMAIL: str = env.str("SECURITY_EMAIL", default="")

# Where data lies (ISO 3166 codes). Outside the demo each must be said, and lie in DATA_REGIONS
# (empty: the EEA): smartsvar/regions.py.
DATA_REGIONS: list[str] = env.list("DATA_REGIONS", default=[])
HOSTING_COUNTRY: str = env.str("HOSTING_COUNTRY", default="")
STORAGE_COUNTRY: str = env.str("STORAGE_COUNTRY", default="")
MAIL_COUNTRY: str = env.str("MAIL_COUNTRY", default="")
OIDC_COUNTRY: str = env.str("OIDC_COUNTRY", default="")  # where there is a broker
# What we do ourselves, without a subprocessor: of "hosting", "storage", "mail".
DONE_OURSELVES: list[str] = env.list("DONE_OURSELVES", default=[])
# How long customers may object to an announced subprocessor before it begins.
OBJECTION_DAYS: int = env.int("OBJECTION_DAYS", default=30)

# Mail
vars().update(env.email("EMAIL_URL"))
EMAIL_TIMEOUT = 20
MAIL_DOMAIN: str = env.str("MAIL_DOMAIN", default=_public.hostname or "localhost")
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="Smartsvar <noreply@localhost>")
# Who is told when something of the service's own stands still; ids and counts only.
OPERATORS_EMAIL: list[str] = env.list("OPERATORS_EMAIL", default=[])
# How long no purge may have completed before the alarm goes off.
PURGE_ALARM_MINUTES: int = env.int("PURGE_ALARM_MINUTES", default=15)

# Closed for work on it: people get a page that says so, programs a problem (docs/deployment.md).
MAINTENANCE: bool = env.bool("MAINTENANCE", default=False)

# Queue and cache
CELERY_BROKER_URL: str = env.str("BROKER_URL")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 30 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_connect_timeout": 2,
    # A nudge that cannot be given is given up at once: the sweeps find the row (smartsvar/jobs.py).
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TIMEZONE = TIME_ZONE
CACHES = {
    "default": {
        "BACKEND": "smartsvar.cache.ForgivingCache",
        "LOCATION": env.str("CACHE_URL"),
        "KEY_PREFIX": "smartsvar",
    }
}

# REST API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["customers.api_auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["customers.api_auth.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["customers.api_parsers.BoundedJSON"],
    "DEFAULT_SCHEMA_CLASS": "customers.api_schema.ApiSchema",
    "DEFAULT_THROTTLE_CLASSES": ["customers.api_auth.KeyThrottle"],
    "DEFAULT_THROTTLE_RATES": {
        "key": env.str("API_RATE", default="600/min"),
        "stranger": env.str("API_STRANGER_RATE", default="60/min"),
    },
    "EXCEPTION_HANDLER": "customers.problems.problem_response",
    "UNAUTHENTICATED_USER": None,
    "NUM_PROXIES": TRUSTED_PROXIES,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Smartsvar API",
    "DESCRIPTION": (
        "Deliver and fetch calls, messages and staff. Errors are application/problem+json "
        "(RFC 9457) with a stable `code`; times carry their offset and are answered in UTC; lists "
        "are pages with a cursor, newest first."
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
}

# Logs: JSON lines of an allow-list of keys (smartsvar/logs.py); no personal data, ids only.
LOGGING_CONFIG = "smartsvar.logs.configure"
LOGGING = {"level": env.str("LOG_LEVEL", default="INFO")}
