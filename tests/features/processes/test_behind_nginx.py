"""The nginx configuration of docs/deploy in front of a real server, by a real nginx."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from gig.core.clock import real_now
from gig.core.ids import new_id
from gig.live.tickets import issue_ticket
from tests.fixtures.processes import ROOT, free_port, stop, wait_until
from tests.fixtures.servers import SECRET, Server, gig, start_server

NAME = "work.example.cn"
FORGED = "203.0.113.9"


@dataclass(frozen=True)
class Front:
    """nginx at work. `tokens` are of one person of each role, `log` what it wrote of requests."""

    url: str
    plain_url: str
    server: Server
    tokens: dict[str, str]
    database: Path
    log: Path

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.url,
            headers={"Host": NAME, "X-Forwarded-For": FORGED, "X-Forwarded-Proto": "http"},
            verify=False,
            trust_env=False,
        )


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    home = tmp_path_factory.mktemp("nginx")
    database = home / "gig.db"
    url = f"sqlite:///{database}"
    assert gig("db", "upgrade", cwd=home, GIG_DATABASE_URL=url).returncode == 0
    seeded = gig("demo", "seed", "--agents", "1", "--json", cwd=home, GIG_DATABASE_URL=url)
    people = [json.loads(line) for line in seeded.stdout.splitlines() if line.startswith("{")]
    server = start_server("--no-scheduler", database_url=url, home=home, GIG_PROXIES="1")
    try:
        port, plain = free_port(), free_port()
        with running_nginx(home, server.port, port, plain):
            yield Front(
                f"https://127.0.0.1:{port}",
                f"http://127.0.0.1:{plain}",
                server,
                {person["role"]: person["token"] for person in people},
                database,
                home / "gig.log",
            )
    finally:
        server.stop()


class running_nginx:
    """The documented configuration with this machine's ports and paths; of two hosts each, one is away."""

    def __init__(self, home: Path, upstream: int, port: int, plain: int) -> None:
        key, certificate = certificate_for(NAME)
        (home / "key.pem").write_bytes(key)
        (home / "certificate.pem").write_bytes(certificate)
        text = (ROOT / "docs/deploy/nginx.conf").read_text("utf-8")
        for ours, theirs in (
            (r"server 10\.0\.0\.\d1:\d+", f"server 127.0.0.1:{upstream}"),
            (r"server 10\.0\.0\.\d2:\d+", f"server 127.0.0.1:{free_port()}"),
            (r"listen 80;", f"listen 127.0.0.1:{plain};"),
            (r"listen 443", f"listen 127.0.0.1:{port}"),
            (r"/etc/nginx/tls/\S+\.pem", f"{home}/certificate.pem"),
            (r"/etc/nginx/tls/\S+\.key", f"{home}/key.pem"),
            (r"/var/log/nginx/", f"{home}/"),
        ):
            text, changed = re.subn(ours, theirs, text)
            assert changed, ours
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = [f"{kind}_temp_path {home}/{kind};" for kind in kinds]
        (home / "site.conf").write_text(text, "utf-8")
        (home / "nginx.conf").write_text(
            f"pid {home}/nginx.pid;\ndaemon off;\nevents {{}}\n"
            f"http {{\n{chr(10).join(folders)}\ninclude {home}/site.conf;\n}}\n",
            "utf-8",
        )
        self._port, self._log = port, home / "nginx.log"
        program = shutil.which("nginx") or "/usr/sbin/nginx"
        command = [program, "-c", f"{home}/nginx.conf", "-p", f"{home}/", "-e", f"{home}/start.log"]
        tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert tried.returncode == 0, tried.stderr
        with self._log.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=output)

    def __enter__(self) -> None:
        wait_until(self._answers, self.process, self._log, seconds=20)

    def __exit__(self, *_: object) -> None:
        stop(self.process)

    def _answers(self) -> bool:
        try:
            url = f"https://127.0.0.1:{self._port}/healthz"
            return httpx.get(url, verify=False, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


def certificate_for(name: str) -> tuple[bytes, bytes]:
    """A key and a certificate signed with it, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, made.public_bytes(serialization.Encoding.PEM)


def test_a_channel_an_agent_and_a_customer_go_through_it_by_the_name_of_the_site(front: Front) -> None:
    new = {"external_id": new_id(), "queue": "refund", "issue_type": "general", "text": "退款呢？"}
    with front.client() as client:
        as_channel = {"Authorization": f"Bearer {front.tokens['channel']}"}
        made = client.post("/api/v1/inquiries", json=new, headers=as_channel)
        assert made.status_code == 201, made.text
        as_agent = {"Authorization": f"Bearer {front.tokens['agent']}"}
        assert client.get("/api/v1/feed", headers=as_agent).status_code == 200
        link = made.json()["chat_url"]
        assert link.startswith(f"https://{NAME}/c/")
        path = link.removeprefix(f"https://{NAME}")
        assert "退款呢？" in client.get(path).text
        assert client.get("/login").status_code == 200
    written = front.log.read_text("utf-8")
    assert path not in written
    assert "GET /c/-" in written


def test_where_a_request_came_from_is_what_nginx_saw_and_not_what_the_sender_said(front: Front) -> None:
    phone = "13800138000"
    with front.client() as client:
        page = client.get("/login")
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert found
        form = {"csrf_token": found[1], "phone": phone, "password": "not-this-one"}
        answer = client.post("/login", data=form, headers={"Referer": f"https://{NAME}/login"})
        assert answer.status_code == 422, answer.text
    with sqlite3.connect(front.database) as connection:
        addresses = connection.execute("SELECT DISTINCT address FROM login_attempt").fetchall()
    assert addresses == [("127.0.0.1",)]


def test_a_stream_goes_out_as_it_is_written_and_its_ticket_into_no_log(front: Front) -> None:
    ticket = issue_ticket(SECRET, new_id(), new_id(), ["queue:refund"], real_now())
    with front.client() as client, client.stream("GET", "/live/stream", params={"ticket": ticket}) as stream:
        assert stream.status_code == 200
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        said = ""
        for chunk in stream.iter_text():
            said += chunk
            if "event: ready" in said or "event: resync" in said:
                break
    assert ticket not in front.log.read_text("utf-8")


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/live/metrics", "/live/health"])
def test_what_is_for_the_monitor_inside_is_not_for_the_world(front: Front, path: str) -> None:
    with front.client() as client:
        assert client.get(path).status_code == 403


def test_plain_http_is_sent_to_the_same_page_over_tls(front: Front) -> None:
    answer = httpx.get(f"{front.plain_url}/login?next=/feed", headers={"Host": NAME}, trust_env=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{NAME}/login?next=/feed")


def test_pages_bring_their_styles_packed(front: Front) -> None:
    with front.client() as client:
        page = client.get("/login").text
        sheets = re.findall(r'href="(/static/[^"]+\.css[^"]*)"', page)
        assert sheets
        assert {client.get(sheet).headers.get("Content-Encoding") for sheet in sheets} == {"gzip"}
