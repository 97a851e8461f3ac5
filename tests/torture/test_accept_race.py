"""Four reps accept the same 200 handoffs at once, over HTTP: each handoff has one winner, and the others learn who."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests
from django.conf import settings
from django.test import Client

from leads.lifecycle import moves
from leads.models import Handoff, Transition
from tests import builders
from workspaces.roles import Role

REPS, HANDOFFS = 4, 200

pytestmark = [pytest.mark.torture, pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def browser(member) -> requests.Session:
    """Log a member in, as the browser of the Swagger page is."""
    client = Client()
    client.force_login(member.user)
    client.get("/api/docs/?script=")
    session = requests.Session()
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        session.cookies.set(name, client.cookies[name].value)
    session.headers["X-CSRFToken"] = client.cookies[settings.CSRF_COOKIE_NAME].value
    return session


def test_200_handoffs_have_200_winners_and_600_losers_who_learn_who_won(live_server):
    workspace = builders.workspace()
    reps = [builders.member(workspace, Role.SALES) for _ in range(REPS)]
    leads = [moves.Candidate(builders.lead(workspace), override="Met at the fair") for _ in range(HANDOFFS)]
    queued = moves.qualify_many(leads, actor=builders.engine())
    gate = Barrier(REPS)

    def accept_all(session):
        answers = []
        for handoff in queued:
            gate.wait(60)
            answers.append(session.post(f"{live_server.url}/api/v1/handoffs/{handoff.pk}/accept", timeout=30))
        return answers

    with ThreadPoolExecutor(REPS) as pool:
        rounds = list(zip(*pool.map(accept_all, [browser(rep) for rep in reps]), strict=True))

    statuses = Counter(answer.status_code for answers in rounds for answer in answers)
    assert statuses == {200: HANDOFFS, 409: HANDOFFS * (REPS - 1)}
    for handoff, answers in zip(queued, rounds, strict=True):
        winner = next(reps[n].pk for n, answer in enumerate(answers) if answer.status_code == 200)
        losers = [answer.json() for answer in answers if answer.status_code == 409]
        assert {problem["winner"]["id"] for problem in losers} == {winner}
        assert {problem["code"] for problem in losers} == {"already_accepted"}
        assert Handoff.everywhere.get(pk=handoff.pk).owner_id == winner
    log = Transition.objects.of(workspace).filter(move="accept")
    assert log.count() == HANDOFFS
    assert log.values("lead").distinct().count() == HANDOFFS
