"""What is told other agencies of somebody's way."""

from django.urls import path

from workspace.front.views import way_shares

urlpatterns = [
    path("deltagare/<int:pk>/samtycke/vagen/", way_shares.way_consent, name="way_consent"),
    path("vagen/<int:pk>/beratta/", way_shares.tell_way, name="tell_way"),
    path("vagen/berattat/<int:pk>/sluta/", way_shares.stop_telling, name="stop_telling"),
    # ---------- as the desk that was told sees it ----------
    path("delat/", way_shares.told_ways, name="told_ways"),
    path("delat/<int:pk>/", way_shares.told_way, name="told_way"),
    path("delat/<int:pk>/bit/", way_shares.told_way_fragment, name="told_way_fragment"),
]
