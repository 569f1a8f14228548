// The feed never moves under the thumb: new inquiries are counted in a pill, a taken one greys where it
// stands and leaves after two seconds.
import { csrf, say, tell, toast } from "./page.js";

const STAYS = 2000;
const fresh = new Set();

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

document.body.addEventListener("live:feed.new", (event) => {
  const list = feed();
  const id = event.detail?.inquiry_id;
  if (!list || !id) return;
  const wait = Number(list.dataset.headStart || 0) * 1000;
  setTimeout(() => {
    if (card(id)) return;
    fresh.add(id);
    if (!list.querySelector("[data-inquiry]:not(.taken)")) show();
    else drawPill();
  }, wait);
});

document.body.addEventListener("live:feed.taken", (event) => {
  const id = event.detail?.inquiry_id;
  if (fresh.delete(id)) drawPill();
  const gone = id && card(id);
  if (gone && !gone.querySelector("form[data-sent]")) leave(gone);
});

function leave(gone) {
  if (gone.classList.contains("taken")) return;
  gone.classList.add("taken");
  gone.querySelectorAll("button").forEach((button) => { button.disabled = true; });
  setTimeout(() => {
    gone.classList.add("leaving");
    setTimeout(() => {
      gone.remove();
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
    toast(say("taken"));
    if (mine) leave(mine);
    return;
  }
  toast(words || say("taken"), "error");
  if (slug === "quote-changed" || slug === "not-open") show();
}
