"""People at work while things break."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from bench.site import until
from tests.scenarios.bad_days.deployment import AGENTS, Deployment, Patient


class Evening:
    """Each agent claims, answers and resolves a share of the inquiries, through both hosts.

    Inside the block they work; on leaving it all is done, or the test has failed.
    """

    def __init__(self, deployment: Deployment, inquiries: int = 32) -> None:
        self.deployment = deployment
        self.ids = deployment.inquiries(inquiries)
        self.done = 0
        self._guard = threading.Lock()
        self._pool = ThreadPoolExecutor(AGENTS)
        self._hands: list[Future[None]] = []
        self._patients: list[Patient] = []

    def __enter__(self) -> Evening:
        for number in range(AGENTS):
            self._hands.append(self._pool.submit(self._work, number))
        until(lambda: self.done >= AGENTS, *self.deployment.hosts)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=error is not None)
        for patient in self._patients:
            patient.close()
        if error is None:
            for hand in self._hands:
                hand.result()

    @property
    def troubles(self) -> int:
        """How often somebody had to ask again."""
        return sum(patient.troubles for patient in self._patients)

    def goes_on(self, by: int = AGENTS) -> None:
        """So many more inquiries have been finished."""
        goal = min(self.done + by, len(self.ids))
        until(lambda: self.done >= goal, *self.deployment.hosts)

    def _work(self, number: int) -> None:
        one, two = self.deployment.one, self.deployment.two
        patient = Patient(*((one, two) if number % 2 else (two, one)))
        self._patients.append(patient)
        token = self.deployment.desk.tokens[number]
        for id in self.ids[number::AGENTS]:
            text = f"已为您处理退款，单号 {id}。"
            for step, body in (("claim", {}), ("replies", {"text": text}), ("resolution", {})):
                answer = patient.post(f"/inquiries/{id}/{step}", token, f"{step}-{id}", body)
                assert answer.status_code in (200, 201, 204), (step, answer.text)
            with self._guard:
                self.done += 1
