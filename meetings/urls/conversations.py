"""Addresses of conversations: the page and its pieces, its parties, and wishes for one."""

from django.urls import URLPattern, URLResolver, path

from meetings.views import conversations, parties, requests

urlpatterns: list[URLPattern | URLResolver] = [
    path("samtal/", conversations.conversations, name="conversations"),
    path("deltagare/<int:pk>/samtal/nytt/", conversations.new_conversation, name="new_conversation"),
    path("samtal/<int:pk>/", conversations.conversation, name="conversation"),
    path("samtal/<int:pk>/bit/<str:piece>/", conversations.conversation_fragment, name="conversation_fragment"),
    path("samtal/<int:pk>/andra/", conversations.change, name="change_conversation"),
    path("samtal/<int:pk>/tolk/", conversations.interpreter, name="book_interpreter"),
    path("samtal/<int:pk>/sattet/", conversations.decide, name="decide_form"),
    path("samtal/<int:pk>/part/ny/", parties.add, name="add_party"),
    path("samtal/<int:pk>/part/<int:party_pk>/andra/", parties.change, name="change_party"),
    path("samtal/<int:pk>/part/<int:party_pk>/ta-bort/", parties.remove, name="remove_party"),
    path("samtal/<int:pk>/grund/", parties.ground, name="conversation_ground"),
    path("samtal/<int:pk>/onska/", requests.ask, name="ask_conversation"),
    path("samtal/onskan/<int:pk>/", requests.answer, name="answer_request"),
]
