// The feed never moves under the thumb: new inquiries are counted in a pill, a taken one greys where it
// stands and leaves after two seconds.
import { csrf, pageMeta, say, tell, toast } from "./page.js";

const STAYS = 2000;
const TOGETHER = 250;
const speed = Number(pageMeta("clock-speed")) || 1;
const fresh = new Set();
const gone = new Set();
const asking = new Set();
let asked = 0;

const feed = () => document.querySelector("[data-feed]");
const card = (id) => document.querySelector(`[data-inquiry="${CSS.escape(String(id))}"]`);

function drawPill() {
  const pill = document.querySelector("[data-feed-pill]");
  if (!pill) return;
  pill.hidden = fresh.size === 0;
  const words = pill.querySelector("[data-feed-count]");
  if (words && fresh.size) words.textContent = say("fresh", { n: fresh.size });
}

function show() {
  fresh.clear();
  drawPill();
  tell("feed:show");
}

// An announced inquiry may be for others first (head start, trainees, former owner). It is asked about when
// each of those windows is over, and counted once the server shows it to this agent.
function announced(event) {
  const list = feed();
  const id = event.detail?.inquiry_id;
  if (!list || !id) return;
  gone.delete(id);
  for (const seconds of (list.dataset.checks || "0").split(" ")) {
    setTimeout(() => ask(id), (Number(seconds) * 1000) / speed + 150);
  }
}
document.body.addEventListener("live:feed.new", announced);
document.body.addEventListener("live:feed.released", announced);

function ask(id) {
  if (gone.has(id) || fresh.has(id) || card(id)) return;
  asking.add(id);
  asked ||= setTimeout(look, TOGETHER);
}

async function look() {
  asked = 0;
  const list = feed();
  const ids = [...asking].slice(0, 50);
  ids.forEach((id) => asking.delete(id));
  if (!list || !ids.length) return;
  if (asking.size) asked = setTimeout(look, TOGETHER);
  try {
    const url = list.dataset.freshUrl;
    const answer = await fetch(`${url}${url.includes("?") ? "&" : "?"}ids=${ids.join(",")}`, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    for (const id of (await answer.json()).ids) if (!gone.has(id) && !card(id)) fresh.add(id);
  } catch {
    return;
  }
  if (fresh.size && !feed()?.querySelector("[data-inquiry]:not(.taken)")) show();
  else drawPill();
}

document.body.addEventListener("live:feed.taken", (event) => {
  const id = event.detail?.inquiry_id;
  if (!id) return;
  gone.add(id);
  if (fresh.delete(id)) drawPill();
  const row = card(id);
  if (row && !row.querySelector("form[data-sent]")) leave(row);
});

function leave(row) {
  if (row.classList.contains("taken")) return;
  row.classList.add("taken");
  row.querySelectorAll("button").forEach((button) => { button.disabled = true; });
  setTimeout(() => {
    row.classList.add("leaving");
    setTimeout(() => {
      row.remove();
      if (feed() && !feed().querySelector("[data-inquiry]")) show();
    }, 220);
  }, STAYS);
}

document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-feed-pill]")) return;
  event.preventDefault();
  show();
  document.querySelector(".main")?.scrollTo({ top: 0 });
});

document.body.addEventListener("live:resync", () => { fresh.clear(); drawPill(); });
document.body.addEventListener("htmx:after:swap", (event) => {
  if (event.target?.closest?.("[data-feed]") || event.target?.matches?.("[data-feed]")) {
    for (const id of [...fresh]) if (card(id)) fresh.delete(id);
    drawPill();
  }
});

// A claim: won goes to the conversation, lost greys the card, anything else says why.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-claim]") || event.defaultPrevented) return;
  event.preventDefault();
  const mine = form.closest("[data-inquiry]");
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { "HX-Request": "true", "X-CSRFToken": csrf() },
      credentials: "same-origin",
    });
    const goTo = answer.headers.get("HX-Redirect") || (answer.redirected ? answer.url : "");
    if (answer.ok && goTo) {
      location.assign(goTo);
      return;
    }
    refused(answer.headers.get("X-Refused"), await answer.text(), mine);
  } catch {
    toast(say("offline"), "error");
  }
  form.dispatchEvent(new CustomEvent("form:release", { bubbles: true }));
});

function refused(slug, html, mine) {
  const words = new DOMParser().parseFromString(html, "text/html").querySelector("[data-toast]")?.textContent.trim();
  if (slug === "already-claimed") {
    const id = mine?.dataset.inquiry;
    toast(say("taken"), "error", id && { href: `/agent/inquiries/${id}/why-not-me`, text: say("why_not_me") });
    if (mine) leave(mine);
    return;
  }
  toast(words || say("taken"), "error");
  if (slug === "quote-changed" || slug === "not-open") show();
}

// Cut off: what is shown stays, says from when it is, and cannot be claimed until the line is back.
function stale(on) {
  const line = document.querySelector("[data-feed-stale]");
  if (line) line.hidden = !on;
  document.querySelectorAll("[data-claim] button").forEach((button) => { button.disabled = on; });
}
document.body.addEventListener("live:lost", () => stale(true));
document.body.addEventListener("live:connected", () => stale(false));
for (const name of ["htmx:error", "htmx:response:error"]) {
  document.body.addEventListener(name, (event) => { if (event.target?.closest?.("[data-feed]")) stale(true); });
}
