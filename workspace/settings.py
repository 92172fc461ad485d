"""Settings, read from the environment. Nothing else configures the product; docs/house.md lists every name."""

import base64
import os
import secrets
from contextlib import suppress
from email.utils import parseaddr
from pathlib import Path
from string import ascii_letters, digits
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from huey.serializer import SignedSerializer

# openpyxl and pygal take lxml where they find it, which python-docx brings. They then write and refuse other things
# than with the standard library's XML, so they are told to keep to that. Read when they are imported: this comes first.
os.environ["OPENPYXL_LXML"] = "False"
os.environ["NO_LXML"] = "1"

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
# A start that answers to anything but this machine is a production start.
PRODUCTION = any(host not in {"127.0.0.1", "localhost", "[::1]", "testserver"} for host in ALLOWED_HOSTS)
DEMO = env.bool("DEMO", default=False)
DEBUG = False
if PRODUCTION and DEMO:
    raise ImproperlyConfigured("DEMO=1 öppnar konton med känt lösenord och får bara användas på den egna datorn.")


def _local_secret() -> str:
    """A key of this machine's own, made at the first start, so that sessions survive a restart."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()


SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured("SECRET_KEY måste anges när servern svarar på andra namn än den egna datorns.")
    SECRET_KEY = _local_secret()

INSTALLED_APPS = [
    "daphne",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "template_partials",
    "django_filters",
    "allauth",
    "allauth.account",
    "workspace",
    "workspace.pathway",
    "notifications",
    "referrals",
    "meetings",
    "meetings.calendar",
    "meetings.figures",
    "meetings.steering",
    "workspace.front",
]

# What this process is, which `serve` says: «web», «sockets» or «both».
SERVE_ROLE = env.str("SERVE_ROLE", default="both")
# Lets a Prometheus on another machine read /metrics.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

MIDDLEWARE = [
    "workspace.front.middleware.Probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "workspace.logs.RequestLog",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "workspace.middleware.HatMiddleware",
    "workspace.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "workspace.urls"
ASGI_APPLICATION = "workspace.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workspace.front.context.frame",
            ],
            "builtins": ["workspace.templatetags.swedish", "referrals.templatetags.referral_words"],
        },
    }
]

# ---------- database: PostgreSQL as the application's role; SQLite when nothing is said ----------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'samverkansrum.sqlite3'}")}
# Who may change tables. Only `manage.py prepare_database` uses it (house.md 4.8).
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", default="")
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    # Under ASGI every request runs in a thread of its own: without a pool each one connects (bars.md 1).
    DATABASES["default"]["ENGINE"] = "workspace.postgres"
    DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 12, "timeout": 20}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---------- the live wire: hints only; everything that counts lies in the database ----------
REDIS_URL = env.str("REDIS_URL", default="")
# `hub` is our own hand-over (workspace/live.py); `stock` is channels' layer, kept to be measured beside it.
LIVE_WIRE = env.str("LIVE_WIRE", default="hub")
if LIVE_WIRE not in {"hub", "stock"}:
    raise ImproperlyConfigured("LIVE_WIRE ska vara hub eller stock.")
# A Redis that does not answer at all must not hold a request.
REDIS_LAYER = {
    "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
    "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_connect_timeout": 2}], "prefix": "samverkansrum"},
}
MEMORY_LAYER = {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 10_000}}
CHANNEL_LAYERS = {"default": REDIS_LAYER if REDIS_URL else MEMORY_LAYER} if LIVE_WIRE == "stock" else {}
# How often an open page asks on its own, for the hint that was lost last.
POLL_SECONDS = env.int("POLL_SECONDS", default=60)

CACHES = {
    # Guess limits are shared by all processes. Django keeps 300 rows, and forgets counts of guesses beyond that.
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "workspace_cache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}

# ---------- jobs: the queue lies in a database too, so that no job needs Redis (house.md 5) ----------
INSTALLED_APPS += ["django_tasks", "huey.contrib.djhuey"]
TASKS = {"default": {"BACKEND": "huey.contrib.djhuey.tasks_backend.HueyBackend", "ENQUEUE_ON_COMMIT": True}}
HUEY = {
    "name": "samverkansrum",
    # huey pickles: without the key, who can write to the queue could have any code run.
    "serializer": SignedSerializer(secret=SECRET_KEY),
    # `prepare_database` makes the tables: the application's role may not.
    "create_tables": False,
    # huey's default waits up to 10 s on an idle SQLite queue; PostgreSQL tells by itself.
    "consumer": {"workers": 1, "max_delay": 0.5},
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file of its own: huey's short locks never wait for ours, nor ours for them.
    queue = {"filename": str(DATA_DIR / "jobs.sqlite3"), "timeout": 20}
    HUEY |= {"huey_class": "huey.SqliteHuey", "connection": queue}
else:
    queue = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    queue = {name: DATABASES["default"][key] or None for name, key in queue.items()}
    HUEY |= {"huey_class": "huey.PostgresHuey", "connection": queue}

# ---------- web push: says only that there is something to read (L50) ----------
# Which push services may be spoken to: nobody else's address is ever taken from a browser.
PUSH_HOSTS = env.list(
    "PUSH_HOSTS",
    default=[
        *("fcm.googleapis.com", "updates.push.services.mozilla.com", "*.push.services.mozilla.com"),
        *("*.push.apple.com", "*.notify.windows.com"),
    ],
)


def _local_push_key() -> str:
    """A key of this machine's own, made at the first start; none where it can't be kept: then no push is offered."""
    path, fresh = DATA_DIR / "vapid_key", DATA_DIR / f"vapid_key.{os.getpid()}"
    try:
        if not path.exists():
            DATA_DIR.mkdir(parents=True, exist_ok=True)
            fresh.touch(mode=0o600)
            # Any 32 bytes but for one draw in four billion are a key on P-256.
            fresh.write_text(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
            with suppress(FileExistsError):  # another process was faster
                os.link(fresh, path)
            fresh.unlink()
        return path.read_text()
    except OSError:
        return ""


# Browsers bind their leave to it, so with another they all have to be asked anew: in production it is given or missing.
VAPID_KEY = env.str("VAPID_KEY", default="") or ("" if PRODUCTION else _local_push_key())

# ---------- e-mail: says only that there is something to read (L50) ----------
# The address of the product as its users write it; stands in mails.
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000")
SITE_URL = SITE_URL.rstrip("/")
SITE_HOST = urlsplit(SITE_URL).hostname
if urlsplit(SITE_URL).scheme not in {"http", "https"} or not SITE_HOST:
    raise ImproperlyConfigured("SITE_URL är ingen adress. Skriv till exempel https://samverkan.exempel.se.")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Samverkansrum <samverkansrum@{SITE_HOST}>")
# The domain of the operator's mail-to-SMS service. Where there is none, SMS is not offered.
SMS_GATEWAY = env.str("SMS_GATEWAY", default="")
if set(SMS_GATEWAY) - {*ascii_letters, *digits, ".", "-"}:
    raise ImproperlyConfigured("SMS_GATEWAY är ingen domän. Skriv till exempel sms.exempel.se.")
# Who calls to meetings in calendars, the mailbox where clients' answers come, and hosts on the inside that people's own
# calendars may be fetched from.
CALENDAR_EMAIL = env.str("CALENDAR_EMAIL", default="") or parseaddr(DEFAULT_FROM_EMAIL)[1]
if "@" not in CALENDAR_EMAIL:
    raise ImproperlyConfigured(
        "CALENDAR_EMAIL är ingen e-postadress. Skriv till exempel kalender@samverkan.exempel.se."
    )
REPLY_MAILBOX = env.str("REPLY_MAILBOX", default="")
if REPLY_MAILBOX and urlsplit(REPLY_MAILBOX).scheme not in {"imap", "imaps"}:
    raise ImproperlyConfigured(
        "REPLY_MAILBOX är ingen brevlåda. Skriv till exempel imaps://konto:lösenord@värd:993/INBOX."
    )
# Our mail server's name in Authentication-Results. Given, only what it vouches for is an answer by mail.
REPLY_AUTHSERV = env.str("REPLY_AUTHSERV", default="")
CALENDAR_HOSTS = env.list("CALENDAR_HOSTS", default=[])
WEBHOOK_HOSTS = env.list("WEBHOOK_HOSTS", default=[])
EMAIL_TIMEOUT = 20  # seconds; without it a mail server that hangs holds every other job
EMAIL_URL = env.email_url("EMAIL_URL", default="smtp://localhost:25" if PRODUCTION else "filemail:")
if DEMO or EMAIL_URL["EMAIL_BACKEND"].endswith("filebased.EmailBackend"):
    # Nothing from a trial on somebody's own machine reaches anybody: mails become files.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = (not DEMO and EMAIL_URL["EMAIL_FILE_PATH"]) or str(DATA_DIR / "mail")
else:
    vars().update(EMAIL_URL)

# ---------- sign-in ----------
AUTH_USER_MODEL = "workspace.UserAccount"
AUTHENTICATION_BACKENDS = ["workspace.sign_in.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "today"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "workspace.sign_in.AccountAdapter"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = False
# Whose guesses are counted: behind the proxy every call comes from the proxy's address.
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if PRODUCTION else 0
ACCOUNT_RATE_LIMITS = {"login": "60/m/ip", "login_failed": "10/m/ip,5/5m/key"}

SESSION_ENGINE = "workspace.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# ---------- the browser ----------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_SSL_REDIRECT = PRODUCTION
# Whether names below ours, and browsers' own lists, are bound to https too is for the owner of the domain to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS] if PRODUCTION else []
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 600  # the choices about notices have three a kind

# ---------- static files: found where they lie, so that a start needs no collecting step ----------
STATIC_URL = "/static/"
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.AppDirectoriesFinder"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 600

# ---------- language ----------
LANGUAGE_CODE = "sv"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Stockholm"

# ---------- what may be said in a log: ids, never names or text ----------
LOG_FORMAT = env.str("LOG_FORMAT", default="plain")
if LOG_FORMAT not in {"plain", "json"}:
    raise ImproperlyConfigured("LOG_FORMAT ska vara plain eller json.")
# On one's own machine an error's words are wanted too; in production they may hold what somebody wrote.
PLAIN = "workspace.redaction.WordlessFormatter" if PRODUCTION else "workspace.redaction.RedactingFormatter"
OTHERS = {"level": "WARNING", "handlers": ["console"], "propagate": False}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        # Every handler's: addresses that open something by themselves are never written.
        "plain": {"()": PLAIN, "format": "%(asctime)s %(levelname)s %(name)s %(message)s"},
        "json": {"()": "workspace.logs.JsonLines", "role": SERVE_ROLE},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "samverkansrum": {"level": "INFO"},
        "samverkansrum.requests": {"level": "INFO" if PRODUCTION else "WARNING"},
        "django.request": {"level": "ERROR"},
        "daphne": {"level": "ERROR"},
        # With a handler of ours, or each adds its own, which redacts nothing (huey's says every job).
        "huey": OTHERS,
        "gunicorn.error": OTHERS,
        "uvicorn": OTHERS,
        "uvicorn.error": {"level": "WARNING"},
    },
}
