"""The customers' side: they ask, say more, give up, come back and rate, as a channel hands it in."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from gig.simulator.http import Api, GivenUp
from gig.simulator.replay.agenda import Agenda
from gig.simulator.replay.conversations import Book, Conversation, Tally
from gig.simulator.replay.scripts import Exchange

log = logging.getLogger(__name__)

SEEN_BY_ALL_AFTER_S = 5
"""When the head starts of all tiers are over."""


@dataclass(frozen=True)
class Habits:
    """How often, of a hundred conversations, customers do what is not simply asking and reading."""

    withdraw: float = 0.02
    rate: float = 0.4
    come_back: float = 0.02


class Customers:
    """A few threads that do what is due on the agenda, each over a connection of its own."""

    def __init__(
        self,
        *,
        url: str,
        token: str,
        agenda: Agenda,
        book: Book,
        tally: Tally,
        chance: random.Random,
        stopped: threading.Event,
        ring: Callable[[], None],
        habits: Habits = Habits(),
        threads: int = 4,
    ) -> None:
        self.agenda, self.book, self.tally = agenda, book, tally
        self._chance, self._stopped, self._ring, self._habits = chance, stopped, ring, habits
        self._own = threading.local()
        self._login = (url, token)
        self._apis: list[Api] = []
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(threads)]

    @property
    def retries(self) -> int:
        return sum(api.retries for api in self._apis)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(timeout=60)

    def _serve(self) -> None:
        self._own.api = Api(*self._login, self._stopped)
        self._apis.append(self._own.api)
        while (deed := self.agenda.take(self._stopped)) is not None:
            try:
                deed()
            except GivenUp as error:
                self.tally.count("customers' requests without an answer")
                log.debug("given up: %s", error)
            except Exception:
                self.tally.count("customers' faults")
                log.exception("a customer's deed failed")
            finally:
                self.agenda.done()

    @property
    def _api(self) -> Api:
        api: Api = self._own.api
        return api

    def ask(self, talk: Conversation) -> None:
        """The inquiry is in the feed, with all that the customer says before the first answer."""
        first, *rest = talk.exchanges[0].asks
        answer = self._api.post("/inquiries", self._inquiry(talk, talk.script.id, first))
        if not answer.ok:
            self.tally.count(f"inquiries refused: {answer.problem}")
            talk.over = True
            return
        self.tally.count("inquiries")
        talk.inquiry_id = answer.body["id"]
        talk.asked = 1
        self.book.add(talk)
        for place, words in enumerate(rest):
            self._say(talk, f"0.{place + 1}", words)
        if self._chance.random() < self._habits.withdraw:
            self.agenda.after(self._chance.uniform(2, 30), partial(self._withdraw, talk))
        self.agenda.after(SEEN_BY_ALL_AFTER_S, self._ring)

    def go_on(self, talk: Conversation) -> None:
        """The customer's next turn; its agent is told, as a page would be."""
        if talk.over or not talk.more_to_ask:
            return
        number = talk.asked
        talk.asked += 1
        for place, words in enumerate(talk.exchanges[number].asks):
            if not self._say(talk, f"{number}.{place}", words):
                return
            if place == 0:
                self._tell_owner(talk)

    def answered(self, talk: Conversation) -> bool:
        """An agent has answered: the customer goes on, or (False) is content."""
        if talk.more_to_ask and not talk.unknown:
            self.agenda.after(self._chance.uniform(4, 20), partial(self.go_on, talk))
            return True
        return False

    def resolved(self, talk: Conversation) -> None:
        """Some rate, and a few find out that it was not solved."""
        if talk.unknown:
            talk.over = True
        elif not talk.came_back and self._chance.random() < self._habits.come_back:
            talk.came_back = True
            self.agenda.after(self._chance.uniform(120, 900), partial(self._come_back, talk))
        else:
            talk.over = True
            if self._chance.random() < self._habits.rate:
                self.agenda.after(self._chance.uniform(5, 90), partial(self._rate, talk))

    def _say(self, talk: Conversation, place: str, words: str) -> bool:
        message = {"external_id": f"{talk.script.id}:{place}", "text": words}
        answer = self._api.post(f"/inquiries/{talk.inquiry_id}/messages", message)
        if answer.ok:
            self.tally.count("customers' further messages")
        else:
            self.tally.count(f"further messages refused: {answer.problem}")
            talk.over = True
        return answer.ok

    def _tell_owner(self, talk: Conversation) -> None:
        if talk.owner is not None:
            talk.owner.tell_of_turn(talk)
        else:
            self.agenda.after(SEEN_BY_ALL_AFTER_S, self._ring)

    def _withdraw(self, talk: Conversation) -> None:
        if talk.answered:
            return
        answer = self._api.post(f"/inquiries/{talk.inquiry_id}/withdrawal")
        self.tally.count("withdrawals" if answer.ok else f"withdrawals refused: {answer.problem}")
        talk.over = talk.over or answer.ok

    def _come_back(self, talk: Conversation) -> None:
        """The same customer asks about the same order: the platform joins it to the old inquiry."""
        words = "上次说的问题还是没有解决，请再帮我看一下。"
        talk.extra.append(Exchange((words,), ()))
        talk.owner = None
        answer = self._api.post("/inquiries", self._inquiry(talk, f"{talk.script.id}+", words))
        talk.asked += 1
        if answer.ok and answer.body["id"] == talk.inquiry_id:
            self.tally.count("re-contacts that joined")
            self.agenda.after(SEEN_BY_ALL_AFTER_S, self._ring)
        else:
            self.tally.count(f"re-contacts that did not join: {answer.status}")
            talk.over = True

    def _rate(self, talk: Conversation) -> None:
        stars = self._chance.choice(talk.script.stars or (5, 5, 5, 4, 4, 3, 2, 1))
        body = {"stars": stars, "resolved": stars >= 3, "comment": ""}
        answer = self._api.post(f"/inquiries/{talk.inquiry_id}/rating", body)
        self.tally.count("ratings" if answer.ok else f"ratings refused: {answer.problem}")

    def _inquiry(self, talk: Conversation, external_id: str, words: str) -> dict[str, object]:
        return {
            "external_id": external_id,
            "queue": talk.script.queue,
            "issue_type": talk.script.issue_type,
            "side": talk.script.side,
            "text": words,
            "customer": {"external_id": f"c-{talk.script.id}"},
            "order": {"external_id": f"o-{talk.script.id}", "kind": "外卖"},
        }
