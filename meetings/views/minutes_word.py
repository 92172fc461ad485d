"""Minutes as a document for Word: the same words as on the paper, from the same function of the queries."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from meetings.views.minutes import file_name, paper_context
from workspace.documents import DOCX, Block, Document, Heading, Listing, Paragraph, Table, as_docx
from workspace.doors import AnyHatRequest, download, hat_page


@require_GET
@hat_page
def word(request: AnyHatRequest, pk: int, version: int) -> HttpResponse:
    """A version as a Word document, made when everything has been written: what the page says to this hat."""
    context = paper_context(request, pk, version)
    return download(as_docx(minutes_document(context)), DOCX, file_name(context, "docx"))


def minutes_document(context: dict[str, Any]) -> Document:
    """The minutes in neutral blocks. Says what `minutes_paper.html` and `_minutes_parts.html` say, in their order."""
    head, said = context["head"], context["said"]
    blocks: list[Block] = [
        Heading(1, f"Protokoll, {head['group']}"),
        Paragraph(said["lead"]),
        Paragraph(said["approved"]),
    ]
    reason = context["minutes"].reason
    if reason:
        blocks.append(Paragraph(reason, lead=said["corrected"]))
    blocks += [Heading(2, "Närvaro"), attendance_table(context["attendance"]), Paragraph(head["quorum_said"])]
    if head["led_by"]:
        blocks.append(Paragraph(head["led_by"]))
    for part in context["parts"]:
        blocks += [Heading(2, f"{part['number']}. {part['title']}"), *part_blocks(part)]
    if said["approvals"]:
        blocks += [Heading(2, "Justering"), Listing(tuple(said["approvals"]))]
    blocks += [Paragraph(line) for line in said["sealed"]]
    if said["addenda"]:
        blocks.append(Heading(2, "Tillägg"))
        for title, who, text in said["addenda"]:
            blocks += [Heading(3, title), Paragraph(text), Paragraph(who)]
    blocks.append(Paragraph(said["made"]))
    return Document(said["title"], head["group"], said["made_at"], tuple(blocks))


def attendance_table(attendance: list[dict[str, Any]]) -> Table:
    rows = [
        (line["agency"]["name"], ", ".join(line["people"]) if line["represented"] else "Saknade representant")
        for line in attendance
    ]
    return Table(("Verksamhet", "Deltog"), tuple(rows))


def part_blocks(part: dict[str, Any]) -> list[Block]:
    """What stands under an item's heading."""
    if part["closed"]:
        return [Paragraph(part["closed"])]
    blocks: list[Block] = [Paragraph(part["about"])]
    if part.get("guests"):
        blocks.append(Paragraph(f"Inbjudna till punkten: {'; '.join(part['guests'])}."))
    blocks += part["note_blocks"]
    if part.get("gender_answer"):
        blocks.append(Paragraph(part["gender_text"], lead=f"{part['gender_answer']}."))
    if part["decisions"]:
        lines = ["\n".join([line["text"], line["author"]["name"], *line["told"]]) for line in part["decisions"]]
        blocks += [Heading(3, "Beslut"), Listing(tuple(lines))]
    if part["actions"]:
        lines = [f"{line['text']}\n{line['agency']['name']}{line['owed']}" for line in part["actions"]]
        blocks += [Heading(3, "Uppgifter"), Listing(tuple(lines))]
    if part["access"] == "circle":
        blocks.append(Paragraph("Läses bara av dem som var med på ärendet."))
        if not part["decisions"] and not part["actions"]:
            blocks.append(Paragraph("Inget beslut och ingen uppgift som ni kan läsa."))
    return blocks
