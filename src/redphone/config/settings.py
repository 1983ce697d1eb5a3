"""Django's settings. Everything that differs between machines comes from the environment.

Reading this module touches no file but the secret key's, and writes none.
"""

import secrets
from urllib.parse import urlsplit

from redphone.channels.mail import doors
from redphone.channels.telephone import provider
from redphone.config import environ, logs, secret
from redphone.config.database import django_database
from redphone.config.rooms import is_there

DATA = environ.data_dir()
PUBLIC_URL = environ.public_url()
IS_HTTPS = PUBLIC_URL.startswith("https://")
# How many proxies of ours stand before the web server: so many addresses at the end of
# X-Forwarded-For can be believed.
PROXIES = environ.number("REDPHONE_PROXIES", 0)

DEBUG = environ.flag("REDPHONE_DEBUG")
# Without a kept key each process would have its own; a start-up check (E001) refuses to serve so.
SECRET_KEY_IS_KEPT = secret.find() is not None
SECRET_KEY = secret.find() or secrets.token_urlsafe(48)

_public_host = urlsplit(PUBLIC_URL).hostname or "localhost"
ALLOWED_HOSTS = [
    _public_host,
    "localhost",
    "127.0.0.1",
    "[::1]",
    *environ.text("REDPHONE_HOSTS").replace(",", " ").split(),
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "redphone.config.apps.Config",
    "redphone.records",
    *(
        # Faces are apps for their templates, static files and template tags only.
        name
        for name in (
            "redphone.web",
            "redphone.web.responder",
            "redphone.web.customer",
            "redphone.web.public",
            "redphone.api",
            "redphone.jobs",
        )
        if is_there(name)
    ),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "lucide",
    "ninja",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "redphone.config.headers.security_headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "redphone.web.middleware.Desk",
]

ROOT_URLCONF = "redphone.config.urls"
WSGI_APPLICATION = "redphone.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "redphone.web.context.shell",
            ],
        },
    },
]

# --- Storage ---------------------------------------------------------------------------------

DATABASES = {"default": django_database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    # Sign-in attempts are counted here: in the database, so that all processes count together.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    },
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}

# --- Time and language -----------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False

# --- Signing in ------------------------------------------------------------------------------

AUTH_USER_MODEL = "records.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "redphone.config.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
# An admin who makes the account vouches for the address; see urls.py on changing it.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_HTTPS else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = PROXIES
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Redphone"
# Browsers allow passkeys without HTTPS on localhost only, and so do we.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS and _public_host in ("localhost", "127.0.0.1")
SESSION_COOKIE_NAME = "redphone"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "redphone.web.errors.csrf_failed"

# --- What browsers are told ------------------------------------------------------------------

SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = False
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXIES and IS_HTTPS else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

STATIC_URL = "/static/"
# Files are served from where the packages keep them: no step that gathers them is needed.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 300

# --- Mail ------------------------------------------------------------------------------------

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
SMTP_IS_SET = bool(environ.text("REDPHONE_SMTP_URL"))
_smtp, _smtp_options = environ.address(
    "REDPHONE_SMTP_URL",
    environ.text("REDPHONE_SMTP_URL", "smtp://127.0.0.1:8025"),
    ("smtp", "smtps"),
)
EMAIL_HOST = _smtp.hostname or "127.0.0.1"
EMAIL_USE_SSL = _smtp.scheme == "smtps"
EMAIL_USE_TLS = _smtp_options.get("tls") == "starttls"
EMAIL_PORT = _smtp.port or (465 if EMAIL_USE_SSL else 587 if EMAIL_USE_TLS else 25)
EMAIL_HOST_USER = environ.unquoted(_smtp.username)
EMAIL_HOST_PASSWORD = environ.unquoted(_smtp.password)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environ.text("REDPHONE_MAIL_FROM", f"Redphone <desk@{_public_host}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Doors for mail in: smtp://host:port, lmtp://host:port or lmtp:///socket, apart by blanks.
_mailbox = environ.text("REDPHONE_MAIL_IMAP_URL")
try:
    MAIL_IN = tuple(doors.place(each) for each in environ.text("REDPHONE_MAIL_IN").split())
except doors.BadDoor as error:
    raise environ.BadSetting(f"REDPHONE_MAIL_IN: {error}") from None
try:
    MAIL_BOX = doors.mailbox(_mailbox) if _mailbox else None
except doors.BadDoor as error:
    raise environ.BadSetting(f"REDPHONE_MAIL_IMAP_URL: {error}") from None
MAIL_TLS_CERT = environ.text("REDPHONE_MAIL_TLS_CERT")
MAIL_TLS_KEY = environ.text("REDPHONE_MAIL_TLS_KEY")
# Addresses of ours beside the policy's two and the sender of our own mail.
MAIL_ADDRESSES = tuple(environ.text("REDPHONE_MAIL_ADDRESSES").replace(",", " ").split())
MAIL_LARGEST = environ.number("REDPHONE_MAIL_LARGEST_MB", 40, least=1) * 1024 * 1024
# Whether the SMTP door asks DNS for SPF, DKIM and DMARC.
MAIL_CHECKS_DNS = environ.flag("REDPHONE_MAIL_CHECK_DNS")
# The authserv-ids whose Authentication-Results are believed.
MAIL_TRUSTED = tuple(environ.text("REDPHONE_MAIL_TRUSTED").lower().replace(",", " ").split())
# Whether an address counts only when DMARC has passed.
MAIL_NEEDS_PROOF = environ.flag("REDPHONE_MAIL_NEEDS_PROOF")
# Who is told when the desk itself fails: addresses, or else everyone who administers it.
ALARM_MAIL = environ.text("REDPHONE_ALARM_MAIL")
# A bearer token with which a monitor on another machine may read /metrics.
METRICS_TOKEN = environ.text("REDPHONE_METRICS_TOKEN")
# On while `redphone up` runs a mailbox of its own instead of an SMTP server; shows /outbox/.
OUTBOX_IS_ON = environ.flag("REDPHONE_OUTBOX")
OUTBOX_DIR = DATA / "outbox"

# --- Paging ----------------------------------------------------------------------------------

# At most so many calls, SMS and pushes wake one person in an hour; see actions/bundles.py.
LOUD_PER_HOUR = environ.number("REDPHONE_LOUD_PER_HOUR", 20, least=1)
# Own addresses that test messages go to: "mail=canary@desk.example sms:twilio=+442079460321".
CANARIES = environ.sinks("REDPHONE_CANARY")
CANARY_EVERY = environ.number("REDPHONE_CANARY_EVERY", 15, least=1)
# Called on each good round of the auditor, by a service that rings you when the calls stop.
HEARTBEAT_URL = environ.text("REDPHONE_HEARTBEAT_URL")

# --- Webhooks --------------------------------------------------------------------------------

# Hosts, addresses and networks that webhooks may reach though they are not in the public internet.
WEBHOOK_ALLOW = environ.text("REDPHONE_WEBHOOK_ALLOW").replace(",", " ").split()
# --- Alerts ----------------------------------------------------------------------------------

# Days for which alerts are kept as they came. What opened a case stays with its report for good.
ALERTS_KEPT_DAYS = environ.number("REDPHONE_ALERTS_KEPT_DAYS", 90, least=1)
# --- The hotline -----------------------------------------------------------------------------

# What the voice provider signs its callbacks with; two of them while one is being replaced.
HOTLINE_TOKENS = environ.text("REDPHONE_HOTLINE_TOKEN").split()
# Who is dialled while the database is away.
HOTLINE_FALLBACK = environ.text("REDPHONE_HOTLINE_FALLBACK")
# Where recordings may be fetched from, and nowhere else.
HOTLINE_MEDIA = (
    environ.text("REDPHONE_HOTLINE_MEDIA", "https://api.twilio.com").replace(",", " ").split()
)
HOTLINE_RING = environ.number("REDPHONE_HOTLINE_RING", 20, least=5)
HOTLINE_RECORDS = environ.flag("REDPHONE_HOTLINE_RECORDS")
# Whose numbers are written without their country's prefix (ISO 3166).
PHONE_REGION = environ.text("REDPHONE_PHONE_REGION", "US").upper()

# --- Calls and SMS -------------------------------------------------------------------------------

# Who carries them: the first one, and the second when it fails.
try:
    PHONE_PROVIDERS = provider.read_all(
        [each for name in ("REDPHONE_PHONE_1", "REDPHONE_PHONE_2") if (each := environ.text(name))]
    )
except provider.BadProvider as error:
    raise environ.BadSetting(f"REDPHONE_PHONE_1 or REDPHONE_PHONE_2 {error}") from None
# On while `redphone up` runs telephones that ring nowhere; shows /phones/.
PHONES_URL = environ.text("REDPHONE_PHONES")

# --- Logs ------------------------------------------------------------------------------------

LOG_STYLE = environ.text("REDPHONE_LOG", "json")
if LOG_STYLE not in ("json", "text"):
    raise environ.BadSetting(f"REDPHONE_LOG is {LOG_STYLE!r}. Write json or text.")
LOGGING = logs.configuration(
    style=LOG_STYLE, level=environ.text("REDPHONE_LOG_LEVEL", "INFO").upper()
)
