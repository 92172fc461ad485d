from django.urls import path

from workspace.front.consumers import HatConsumer

socket_urls = [path("ws/", HatConsumer.as_asgi())]
