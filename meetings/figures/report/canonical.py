"""What a frozen month holds, as text that is the same to the last byte for the same numbers: sorted, no spaces, no
floats. And back again."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from meetings.figures.suppression import Band, Line, Question, Shown, ShownQuestion, Tables

Json = dict[str, Any]
Counts = Mapping[tuple[str, ...], int]


def canonical(content: Json) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest_of(counts: str, shown: str) -> str:
    """SHA-256 of both, so that neither can be changed alone."""
    return hashlib.sha256(f"{counts}\n{shown}".encode()).hexdigest()


def rows_of(counts: Mapping[Any, int | None]) -> list[list[Any]]:
    """Numbers by their keys as sorted rows: the key's words, then the number."""
    return sorted([*(key if isinstance(key, tuple) else (key,)), count] for key, count in counts.items())


def counts_of(rows: list[list[Any]]) -> dict[Any, Any]:
    """Back from rows."""
    return {tuple(words): count for *words, count in rows}


# ---------- exact tables ----------
def tables_to_json(tables: Tables) -> Json:
    questions = {
        code: {
            "counts": rows_of(question.counts),
            "threshold": question.threshold,
            "secret_sums": sorted(sorted(one) for one in question.secret_sums),
            "did": question.did,
            "did_not": question.did_not,
        }
        for code, question in tables.questions.items()
    }
    joint = []
    for names, counts in sorted(tables.joint.items()):
        rows = sorted([place, gender, list(atom), count] for (place, gender, atom), count in counts.items())
        joint.append({"names": list(names), "counts": rows})
    return {"people": rows_of(tables.people), "questions": questions, "joint": joint}


def tables_from_json(content: Json) -> Tables:
    questions = {
        code: Question(
            counts=counts_of(given["counts"]),
            threshold=given["threshold"],
            secret_sums=tuple(frozenset(one) for one in given["secret_sums"]),
            did=given["did"],
            did_not=given["did_not"],
        )
        for code, given in content["questions"].items()
    }
    joint = {
        tuple(one["names"]): {(place, gender, tuple(atom)): n for place, gender, atom, n in one["counts"]}
        for one in content["joint"]
    }
    return Tables(people=counts_of(content["people"]), questions=questions, joint=joint)


# ---------- what is shown ----------
def shown_to_json(shown: Shown) -> Json:
    return {
        "as_of": shown.as_of,
        "lines": rows_of(shown.lines),
        "questions": {code: _question_to_json(question) for code, question in shown.questions.items()},
        "left_out_unknown": shown.left_out_unknown,
        "merged": dict(shown.merged),
    }


def _question_to_json(question: ShownQuestion) -> Json:
    return {
        "as_of": question.as_of,
        "cells": _sorted([*line, category, count] for (line, category), count in question.cells.items()),
        "bands": _sorted([*line, band.least, band.most] for line, band in question.bands.items()),
        "shares": rows_of(question.shares),
        "bases": _sorted([*line, base] for line, base in question.bases.items()),
    }


def _sorted(rows: Any) -> list[list[Any]]:
    """By their words: a number that is hidden can't be compared."""
    return sorted(rows, key=lambda row: [word for word in row if isinstance(word, str)])


def shown_from_json(content: Json) -> Shown:
    return Shown(
        as_of=content["as_of"],
        lines=counts_of(content["lines"]),
        questions={code: _question_from_json(given) for code, given in content["questions"].items()},
        left_out_unknown=content["left_out_unknown"],
        merged=content["merged"],
    )


def _question_from_json(given: Json) -> ShownQuestion:
    cells: dict[tuple[Line, str], int | None] = {((m, g), category): n for m, g, category, n in given["cells"]}
    return ShownQuestion(
        as_of=given["as_of"],
        cells=cells,
        bands={(m, g): Band(least, most) for m, g, least, most in given["bands"]},
        shares=counts_of(given["shares"]),
        bases=counts_of(given["bases"]),
    )
