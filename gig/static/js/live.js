// One stream of events. Each becomes a DOM event `live:<type>` on <body>, whose detail is its data, so
// that hx-trigger="live:feed.new from:body" works. After a gap `live:resync` asks the page to fetch anew.
import { announce, pageMeta, say, serverNow, setServerNow, tell, wallClock } from "./page.js";

const KNOWN = [
  "feed.new", "feed.taken", "feed.changed", "turn.open", "turn.answered", "turn.expired", "message.new",
  "inquiry.changed", "inquiry.claimed", "inquiry.resolved", "inquiry.released", "inquiry.expired", "inquiry.withdrawn", "inquiry.unpaid", "inquiry.abandoned", "reply.sent",
  "dispatch.offer", "payee.changed", "chat.changed", "chat.typing", "customer.typing",
  "pay.posted", "score.changed", "tier.changed", "standing.changed", "presence.changed", "peak.start", "peak.end",
  "application.submitted", "application.changed", "identity.changed", "rate_card.published", "rate_card.withdrawn", "rate_card.submitted", "rate_card.given_back",
  "period.state", "period.changed", "batch.changed", "statement.changed", "risk.changed",
];
const LONGEST_WAIT = 4000;
const TICKET_GOOD = 540000; // ms; the server says ten minutes
const LOST_AFTER = 2500;

let ticket = pageMeta("live-ticket");
let ticketAt = performance.now();
let heard = false;
let source = null;
let lastId = "";
let tries = 0;
let timer = 0;
let lostTimer = 0;
let lost = false;
const listening = new Set();

function ticketUrl() {
  if (pageMeta("live-ticket-url")) return pageMeta("live-ticket-url");
  return document.querySelector('[data-surface="console"]') ? "/console/live-ticket" : "/agent/live-ticket";
}

async function fetchTicket() {
  const answer = await fetch(ticketUrl(), { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (answer.status === 401 || answer.redirected) {
    location.reload();
    throw new Error("signed out");
  }
  if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
  const body = await answer.json();
  if (body.server_now) setServerNow(body.server_now);
  ticket = body.ticket;
  ticketAt = performance.now();
  heard = false;
}

function wanted() {
  const types = new Set(KNOWN);
  document.querySelectorAll("[hx-trigger],[data-hx-trigger]").forEach((element) => {
    const spec = element.getAttribute("hx-trigger") ?? element.getAttribute("data-hx-trigger");
    for (const [, type] of spec.matchAll(/live:([\w.-]+)/g)) types.add(type);
  });
  return types;
}

function listen() {
  if (!source) return;
  for (const type of wanted()) {
    if (listening.has(type) || ["connected", "lost"].includes(type)) continue;
    listening.add(type);
    source.addEventListener(type, receive);
  }
}

function receive(event) {
  if (event.lastEventId) lastId = event.lastEventId;
  let detail = {};
  try {
    detail = JSON.parse(event.data || "{}");
  } catch {
    detail = {};
  }
  tell(`live:${event.type}`, detail);
}

function connect() {
  clearTimeout(timer);
  close();
  const after = lastId ? `&after=${encodeURIComponent(lastId)}` : "";
  source = new EventSource(`/live/stream?ticket=${encodeURIComponent(ticket)}${after}`);
  listening.clear();
  source.addEventListener("ready", (event) => {
    if (event.lastEventId) lastId = event.lastEventId;
    connected();
  });
  source.addEventListener("resync", (event) => {
    if (event.lastEventId) lastId = event.lastEventId;
    connected();
    tell("live:resync");
  });
  source.addEventListener("renew", renew);
  source.addEventListener("session.revoked", () => location.reload());
  source.addEventListener("ticket.revoked", (event) => {
    if (event.lastEventId) lastId = event.lastEventId;
    renew();
  });
  for (const name of ["ready", "resync", "renew", "session.revoked", "ticket.revoked"]) listening.add(name);
  source.onerror = again;
  listen();
}

function close() {
  if (!source) return;
  source.onerror = null;
  source.close();
  source = null;
}

async function renew() {
  close();
  try {
    await fetchTicket();
    connect();
  } catch {
    again();
  }
}

// Often the streams alone are gone. Every other time the ticket that has opened one is shown again, so that all
// the pages that lost theirs ask the rest of the site for half as much; one that is refused is replaced next time.
function back() {
  const good = heard && performance.now() - ticketAt < TICKET_GOOD;
  if (good && tries % 2 === 1) connect();
  else renew();
}

function again() {
  close();
  clearTimeout(timer);
  tries += 1;
  if (!lost && !lostTimer) lostTimer = setTimeout(showLost, LOST_AFTER);
  if (lost) drawBanner();
  const wait = Math.min(LONGEST_WAIT, 500 * 2 ** Math.min(tries, 5)) * (0.7 + Math.random() * 0.6);
  timer = setTimeout(back, wait);
}

function connected() {
  if (!navigator.onLine) return; // said by a stream that opened just before the line was cut
  clearTimeout(lostTimer);
  lostTimer = 0;
  heard = true;
  const wasLost = lost || tries > 0;
  tries = 0;
  lost = false;
  document.body.classList.remove("is-offline", "is-stale");
  banner((line) => { line.hidden = true; });
  mark("ok", say("live"));
  tell("live:connected");
  if (wasLost) {
    tell("live:resync");
    announce(say("back"));
  }
}

function showLost() {
  lostTimer = 0;
  lost = true;
  document.body.classList.add("is-offline", "is-stale");
  drawBanner();
  mark("r", say("dead", { t: wallClock(serverNow()) }));
  tell("live:lost");
}

function drawBanner() {
  banner((line) => {
    line.hidden = false;
    const words = line.querySelector("[data-offline-words]");
    const text = navigator.onLine ? say("cut", { n: Math.max(1, tries) }) : say("offline");
    if (words && words.textContent !== text) words.textContent = text;
  });
}

function banner(act) {
  const line = document.querySelector("[data-offline]");
  if (line) act(line);
}

function mark(tone, words) {
  const dot = document.querySelector("[data-live-dot]");
  const text = document.querySelector("[data-live-words]");
  if (dot) dot.className = `dot ${tone}`;
  if (text) text.textContent = words;
}

export function isConnected() {
  return navigator.onLine && !lost;
}

if (ticket) {
  connect();
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-live-retry]")) {
      clearTimeout(timer);
      renew();
    }
  });
  addEventListener("online", () => { clearTimeout(timer); renew(); });
  addEventListener("offline", () => { tries += 1; showLost(); });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) renew(); });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && (!source || source.readyState === EventSource.CLOSED)) renew();
  });
  document.body.addEventListener("htmx:after:process", listen);
  document.body.addEventListener("htmx:after:swap", listen);
} else {
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-live-retry]")) location.reload();
  });
}
