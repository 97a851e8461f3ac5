"""Configure Leadflow from the environment; an empty one gives the embedded default.

LEADFLOW_ENV is the one switch: `embedded` (default: SQLite, local folders, plain HTTP) or `production`
(demands its secrets and addresses, hardens everything). Each address (DATABASE_URL, REDIS_URL, EMAIL_URL)
works in both. `.env.example` lists all variables; each secret may also be read from a file that NAME_FILE
names.
"""

from pathlib import Path
from urllib.parse import urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from leadflow import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
LEADFLOW_ENV = env.read("LEADFLOW_ENV", "embedded")
if LEADFLOW_ENV not in ("embedded", "production"):
    raise ImproperlyConfigured(f"LEADFLOW_ENV is {LEADFLOW_ENV!r}: set it to embedded or production.")
PRODUCTION = LEADFLOW_ENV == "production"
DEBUG = not PRODUCTION and env.flag("DEBUG", False)

# What a running Leadflow writes in the embedded default: database, broker, outbox, secret key.
VAR = Path(env.read("LEADFLOW_VAR", str(BASE_DIR / "var")))
if not PRODUCTION:
    VAR.mkdir(parents=True, exist_ok=True)

# The address that people use; links in mails and webhooks start with it.
LEADFLOW_URL = (
    env.demand("LEADFLOW_URL", "https://leads.example.com")
    if PRODUCTION
    else env.read("LEADFLOW_URL", "http://127.0.0.1:8000")
).rstrip("/")

SECRET_KEY = (
    env.demand("SECRET_KEY", "the output of: openssl rand -base64 64")
    if PRODUCTION
    else env.read("SECRET_KEY") or env.kept_secret(VAR / "secret-key")
)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")

# The loopback names stay allowed for health checks from the same machine.
ALLOWED_HOSTS = [
    "localhost",
    "127.0.0.1",
    "[::1]",
    *filter(None, [urlsplit(LEADFLOW_URL).hostname]),
    *env.words("ALLOWED_HOSTS"),
]
CSRF_TRUSTED_ORIGINS = [LEADFLOW_URL, *env.words("CSRF_TRUSTED_ORIGINS")]

# --- Applications and requests ---

INSTALLED_APPS = [
    "leadflow",
    "workspaces",
    "webhooks",
    "leads",
    "sla",
    "nurture",
    "api",
    "dashboard",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "anymail",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "api.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "leadflow.csp.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.shell.middleware.NoNul",
]

ROOT_URLCONF = "leadflow.urls"
WSGI_APPLICATION = "leadflow.wsgi.application"
ASGI_APPLICATION = "leadflow.asgi.application"
APPEND_SLASH = True
X_FRAME_OPTIONS = "DENY"
# A tracking batch may have 4 MiB when unpacked, and a form of many rows many fields.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["template_partials.templatetags.partials"],
            "libraries": {
                "leadflow": "dashboard.design.tags",
                "charts": "dashboard.design.charts",
                "wording": "dashboard.wording.tags",
                "leads": "dashboard.leads.tags",
                "nurture": "dashboard.nurture.tags",
            },
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.shell.context.shell",
            ],
        },
    }
]

LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
if PRODUCTION:
    STATIC_ROOT = env.read("STATIC_ROOT", str(BASE_DIR / "staticfiles"))
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
else:
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_AUTOREFRESH = DEBUG

# --- Database, cache, broker ---

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASE_URL = (
    env.demand("DATABASE_URL", "postgres://leadflow:password@db:5432/leadflow")
    if PRODUCTION
    else env.read("DATABASE_URL", f"sqlite:///{VAR / 'leadflow.sqlite3'}")
)
DATABASES = {"default": dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Writers queue at BEGIN (IMMEDIATE) instead of failing half-way, for up to `timeout` seconds. Django
    # itself switches foreign keys on.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-20000;",
    }
    # A file, not memory: threads of one test then meet the locks that they meet in life.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}

REDIS_URL = env.demand("REDIS_URL", "redis://redis:6379/0") if PRODUCTION else env.read("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "leadflow.cache.FailSoftRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "leadflow",
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
# Sessions outlive a cache that is flushed or down.
SESSION_ENGINE = "django.contrib.sessions.backends.db"

BROKER_DIR = VAR / "broker"
BROKER_CONTROL_DIR = VAR / "broker-control"
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
# Seconds. The web process publishes with these too: a dead broker must cost a request next to nothing, so one
# attempt and short waits. socket_timeout stays above the second for which a worker's blocking read waits.
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "visibility_timeout": 600,
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 0.5,
        "socket_timeout": 2,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    }
    if REDIS_URL
    else {
        "data_folder_in": str(BROKER_DIR),
        "data_folder_out": str(BROKER_DIR),
        "control_folder": str(BROKER_CONTROL_DIR),
        "polling_interval": 0.1,
    }
)

# --- Mail ---

OUTBOX_DIR = VAR / "outbox"
DEFAULT_FROM_EMAIL = env.read("DEFAULT_FROM_EMAIL", "Leadflow <leadflow@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# A provider instead of SMTP: EMAIL_BACKEND=anymail.backends.… and that provider's ANYMAIL_… variables.
ANYMAIL = env.anymail()
if provider := env.read("EMAIL_BACKEND"):
    EMAIL_BACKEND = provider
elif PRODUCTION or env.read("EMAIL_URL"):
    globals().update(env.mail_from(env.demand("EMAIL_URL", "smtp+tls://user:password@mail.example.com:587")))
else:
    EMAIL_BACKEND = "leadflow.outbox.FolderBackend"

# --- Webhooks ---

# Endpoints may be on private networks and use plain HTTP. In production a workspace could otherwise make this
# machine post to its neighbours, so it is off there unless whoever hosts Leadflow wants it.
WEBHOOKS_ALLOW_PRIVATE = env.flag("WEBHOOKS_ALLOW_PRIVATE", not PRODUCTION)

# --- People ---

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email"
ACCOUNT_UNIQUE_EMAIL = True
# In the embedded default mail reaches a folder that is only seen after log-in, so nothing waits for it.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if PRODUCTION else "optional"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = urlsplit(LEADFLOW_URL).scheme
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    "login_failed": "30/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "confirm_email": "1/3m/key",
}
# How many proxies stand in front; the client's address is read from behind them.
ALLAUTH_TRUSTED_PROXY_COUNT = int(env.read("TRUSTED_PROXIES", "1" if PRODUCTION else "0"))

# --- API ---

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.KeyAuthentication",
        "api.authentication.MemberAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.permissions.HasCapability"],
    "DEFAULT_THROTTLE_CLASSES": ["api.throttling.PerCaller"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["api.parsing.StrictJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "api.pagination.Cursor",
    "DEFAULT_SCHEMA_CLASS": "api.schema.ApiSchema",
    "EXCEPTION_HANDLER": "api.errors.handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "PAGE_SIZE": 50,
    "URL_FORMAT_OVERRIDE": None,
}
# Of one key or member; 0: no limit.
API_REQUESTS_PER_MINUTE = int(env.read("API_REQUESTS_PER_MINUTE", "6000"))
SPECTACULAR_SETTINGS = {
    "TITLE": "Leadflow API",
    "DESCRIPTION": "Hand-over of leads from marketing to sales.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",  # the first that has webhooks
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "DEFAULT_QUERY_MANAGER": "everywhere",  # `objects` refuses to run without a workspace
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.schema.complete",
        "api.webhooks.add_webhooks",
    ],
    "ENUM_NAME_OVERRIDES": {
        "LeadState": "leads.states.State",
        "ConsentState": "leads.models.lead.ConsentState",
        "TouchChannel": "leads.models.touch.Channel",
        "TouchOutcome": "leads.models.touch.Outcome",
        "SuppressionReason": "nurture.models.suppression.Suppression.Why",
        "HandoffState": "leads.models.handoff.HandoffState",
        "ClockState": "sla.models.clock.Clock.State",
        "ClockKind": "sla.kinds.Kind",
        "EnrolmentState": "nurture.models.enrolment.Enrolment.State",
        "SendState": "nurture.models.send.Send.State",
        "ProgramStatus": "nurture.models.program.Program.Status",
        "AgreementStatus": "sla.models.agreement.Agreement.Status",
        "ReasonKind": "leads.models.reason.Reason.Kind",
        "QuestionKind": "leads.models.touch.Question.Kind",
        "Role": "workspaces.roles.Role",
    },
}

# --- Work in the background ---
# Tasks carry no argument and give no result: they wake a sweep of the rows that are due. A tick that
# waited longer than until the next one is worth nothing, so it expires.

CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_TASK_PUBLISH_RETRY = False
SWEEP_SECONDS = {"leads": 3, "sla": 2, "nurture": 3, "webhooks": 2, "workspaces": 5, "api": 3600}
CELERY_BEAT_SCHEDULE = {
    f"{app}.sweep": {"task": f"{app}.sweep", "schedule": seconds, "options": {"expires": seconds}}
    for app, seconds in SWEEP_SECONDS.items()
}

# --- Security ---

SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_NAME = "leadflow_session"
CSRF_COOKIE_NAME = "leadflow_csrf"
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # A tracking client counts a batch that is redirected as delivered; the endpoint refuses plain HTTP itself.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^v1/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

# --- Logging ---

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"first_line": {"()": "leadflow.celery.FirstLine"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.read("LOG_LEVEL", "INFO" if PRODUCTION else "WARNING")},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django.request": {"level": "ERROR"},  # whoever was refused gets the reason in the answer
        # One line per sweep every few seconds says nothing; a failed one is logged as an error.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING", "filters": ["first_line"]},
        "kombu.connection": {"level": "ERROR"},  # "no hostname", of a broker that is a folder
    },
}
