"""The participant's page, level 1: what may be seen on a lost phone (R28, R77, R78)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from meetings.actions.agreements import read_copy
from meetings.actions.invitations import read_invitation
from meetings.models import AgreementCopy, ConversationRequest
from meetings.queries.commitments import own_commitments
from meetings.queries.own_side import OwnTalk, ended_talk, newest_wish, own_questions, own_talks
from workspace.doors import VisitRequest
from workspace.errors import Refusal
from workspace.front.actions.own_look import choose_look
from workspace.front.forms import QuestionForm
from workspace.front.queries.own_agreement import Held, agreements_of, read_agreed, taken_back, words_wanted
from workspace.front.queries.own_page import last_visit, own_help, shown, talker_of, yeses_of
from workspace.front.queries.own_plan import own_plan
from workspace.front.queries.own_ratings import own_side, survey_news
from workspace.front.views.own_frame import ABOUT, SAID, about_of, own_view, show
from workspace.models import HelpRequest

# What has just been done, by its name in the address: part of the page, and the sentence.
SAYS = {
    "kommer": ("samtal", "Ditt svar är skickat. Du kommer."),
    "annan": ("samtal", "Ditt svar är skickat. Du vill ha en annan tid."),
    "kan-inte": ("samtal", "Ditt svar är skickat. Du kan inte."),
    "tider": ("samtal", "Dina svar är skickade."),
    "fraga": ("fragor", "Frågan är sparad. Bara du ser den."),
    "visad": ("fragor", "Nu ser alla som kommer frågan."),
    "borta": ("fragor", "Frågan är borta."),
    "ord": ("ord", "Dina ord är sparade."),
    "stammer": ("bestamt", "Du har sagt att det stämmer."),
    "annorlunda": ("bestamt", "De andra får veta hur du ser det."),
    "klar": ("uppgifter", "Bra. Uppgiften är klar."),
    "inte-klar": ("uppgifter", "Uppgiften är inte klar än."),
    "samtal": ("be_om", "Vi har fått det du skrev. Du får svar här."),
    "tillbaka": ("vem", "Nu är ditt ja borta. De kan inte läsa mer."),
    "hjalp": ("hjalp", "Vi har fått det du skrev."),
    "plan-ord": ("plan", "Dina ord är sparade."),
    "plan-stammer": ("plan", "Du har sagt att planen stämmer."),
    "plan-annorlunda": ("plan", "Vi har fått det du skrev."),
    "enkat": ("enkat", "Tack. Ditt svar är sparat. Ingen ser att det är ditt."),
}


@own_view
def own(request: VisitRequest) -> HttpResponse:
    """The page. What is shown of a call and of an agreement is from now on read."""
    said, about = request.GET.get(SAID, ""), about_of(request)
    part, _ = SAYS.get(said, ("bestamt", ""))
    return own_again(request, said=said, said_of=about, opened=about if part == "bestamt" else 0)


def own_again(
    request: VisitRequest, *, said: str = "", said_of: int = 0, opened: int = 0, status: int = 200, **more: Any
) -> HttpResponse:
    """The page as it is now; `opened` is an earlier agreement to be read there, by its copy's number.

    `more` is a form with what was typed, or `refused`, what could not be done.
    """
    participant = request.participant
    talks, gone = own_talks(participant), taken_back(participant)
    agreed, held = _agreed(request, gone, opened)
    for talk in talks:
        if talk.invitation is not None and talk.invitation.read_at is None:
            read_invitation(by=request.browser, invitation=talk.invitation)
    part, sentence = SAYS.get(said, ("", ""))
    wish, helps = newest_wish(participant), own_help(participant)
    side, plan = own_side(participant), own_plan(participant)
    asked = [("Läs din plan. Säg om den stämmer.", "#plan")] if plan is not None and plan.waits else []
    context: dict[str, Any] = {
        "talks": [shown(talk) for talk in talks],
        "ended": ended_talk(participant),
        "questions": own_questions(participant),
        "question_form": QuestionForm(auto_id="fraga_%s"),
        "words": words_wanted(participant),
        "agreed": agreed,
        "taken_back": gone,
        "tasks": own_commitments(participant),
        "wish": wish,
        "yeses": yeses_of(participant),
        "talker": talker_of(participant, talks[0].conversation.convener if talks else None),
        "helps": helps,
        "news": news_of(request, talks, held, wish, helps) + asked + survey_news(side["surveys"]),
        "plan": plan,
        "said": {part: sentence},
        "said_of": said_of,
        **side,
        **more,
    }
    return show(request, "own", status=status, **context)


def _agreed(request: VisitRequest, gone: AgreementCopy | None, opened: int) -> tuple[dict[str, Any], list[Held]]:
    """The newest agreement, the days of the earlier ones, and of these the one that is read; and all there are.

    Where the newest was taken back there are only earlier ones. Of these stands open what was asked for, else the
    newest that waits for an answer. What is shown is from now on read.
    """
    found = agreements_of(request.participant)
    if gone is not None:
        found = [one for one in found if one.copy.version.agreement_id != gone.version.agreement_id]
    newest = found[0] if found and gone is None else None
    earlier = found[1:] if newest else found
    chosen = next((one for one in earlier if one.copy.pk == opened), None)
    chosen = chosen or next((one for one in earlier if one.waits), None)
    for one in (newest, chosen):
        if one is not None and one.copy.read_at is None:
            read_copy(by=request.browser, copy=one.copy)
    shown = {
        "newest": read_agreed(newest.copy) if newest else None,
        "earlier": earlier,
        "opened": read_agreed(chosen.copy) if chosen else None,
    }
    return shown, found


def news_of(
    request: VisitRequest,
    talks: list[OwnTalk],
    agreed: list[Held],
    wish: ConversationRequest | None,
    helps: list[HelpRequest],
) -> list[tuple[str, str]]:
    """What is new to the participant, or waits for their answer: the words of a link, and where it leads."""
    since = last_visit(request.visit)
    news = []
    if any(asked.answered_at and asked.answered_at >= since for asked in helps):
        news.append(("Du har fått svar. Läs svaret.", reverse("own_help") + "#svar"))
    for talk in talks:
        if talk.invitation is None and any(option.pk not in talk.works for option in talk.options):
            news.append(("Säg vilka tider som passar dig.", f"#samtal-{talk.conversation.pk}"))
    waiting = [one.copy.pk for one in agreed if one.waits]
    news += [("Läs vad vi bestämde. Säg om det stämmer.", f"?{ABOUT}={pk}#bestamt-{pk}") for pk in waiting]
    if wish is not None and wish.answered_at and wish.answered_at >= since:
        news.append(("Du bad om ett samtal. Läs svaret.", "#be-om"))
    return news


def refused_there(request: VisitRequest, refusal: Refusal, says: str) -> HttpResponse:
    """The page as it is now, with what could not be done on top: in our words, for staff's are harder."""
    return own_again(request, refused=says, status=refusal.status)


@own_view
def look(request: VisitRequest) -> HttpResponse:
    """«Lättläst», «Större text»: kept, and the page as before."""
    if request.method != "POST":
        return redirect("own")
    easy, large = request.POST.get("easy"), request.POST.get("large")
    choose_look(
        by=request.browser,
        easy_read=easy == "1" if easy in {"0", "1"} else None,
        large_text=large == "1" if large in {"0", "1"} else None,
    )
    return redirect("own_help" if request.POST.get("back") == "hjalp" else "own")
