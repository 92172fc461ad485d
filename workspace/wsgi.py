"""Pages alone, as the role `web` serves them."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
