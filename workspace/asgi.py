"""Pages and sockets, as Daphne serves them."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "workspace.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.core.asgi import get_asgi_application

pages = get_asgi_application()

from workspace.front.routing import socket_urls  # noqa: E402  (the apps must be ready first)

application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter(socket_urls))),
    }
)

# The collector would walk every open socket each few hundred objects (bars.md 1): what is loaded now stays, and the
# rest is walked seldom.
gc.collect()
gc.freeze()
gc.set_threshold(200_000, 50, 1000)
