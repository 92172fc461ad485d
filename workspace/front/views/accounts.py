"""Ways in, and which hat is worn."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from workspace import actions
from workspace.actions.accounts import digest_of
from workspace.front.context import said
from workspace.live import push_on_commit, session_group
from workspace.queries import sign_in_link

CLOSE = {"type": "close"}


@login_required
def choose_hat(request: HttpRequest) -> HttpResponse:
    """Which hat to wear, for somebody who has several; a kind sentence for somebody who has none."""
    hats = [said(hat) for hat in request.hats]  # type: ignore[attr-defined]
    return render(request, "front/choose_hat.html", {"hats": hats, "next": request.GET.get("next", "")})


@login_required
@require_POST
def switch_hat(request: HttpRequest) -> HttpResponse:
    """Put on another hat. Rights are never united: the sockets of this session close, and its pages start anew."""
    key = request.POST.get("hat", "")
    if key not in {hat.hat_key for hat in request.hats}:  # type: ignore[attr-defined]
        raise Http404
    list(messages.get_messages(request))  # what one hat was told in passing is not for the next
    actions.wear_hat(session=request.session, hat_key=key)
    push_on_commit([(session_group(request.session_digest), CLOSE)])  # type: ignore[attr-defined]
    after = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(after, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return redirect(after if safe else "/")


def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session and close its sockets. A GET changes nothing and leads to the start page."""
    if request.method != "POST":
        return redirect("today")
    sockets = session_group(request.session_digest)  # type: ignore[attr-defined]
    logout(request)
    push_on_commit([(sockets, CLOSE)])
    return redirect("account_login")


@never_cache
@sensitive_variables()
def use_sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """Sign in by a one-time link: shown on GET, used up by the button, so that a mail scanner does not use it up."""
    link = sign_in_link(digest_of(token))
    if link is None or not link.user.is_active:
        return render(request, "front/link_used.html", status=410)
    if request.method == "POST" and actions.use_sign_in_link(link=link):
        login(request, link.user, backend="workspace.sign_in.PasswordBackend")
        messages.success(request, "Du är inloggad. Välj ett lösenord under ditt namn innan du loggar ut.")
        return redirect("today")
    return render(request, "front/link.html", {"person": link.user})


@login_required
@sensitive_variables()
def set_password(request: HttpRequest) -> HttpResponse:
    """Choose a password. Other sessions of the account end."""
    form: Any = SetPasswordForm(request.user, request.POST or None)
    form.fields["new_password1"].label = "Nytt lösenord"
    form.fields["new_password1"].help_text = "Minst tolv tecken. En mening du minns är bättre än ett krångligt ord."
    form.fields["new_password2"].label = "Samma lösenord igen"
    form.fields["new_password2"].help_text = ""
    if request.method == "POST" and form.is_valid():
        actions.set_password(user=request.user, password=form.cleaned_data["new_password1"])  # type: ignore[arg-type]
        update_session_auth_hash(request, request.user)  # type: ignore[arg-type]
        messages.success(request, "Lösenordet är bytt.")
        return redirect("today")
    return render(request, "front/set_password.html", {"form": form})
