// The live wall: fetched anew every 2 s in parts. Rows keep their places while the pointer or the focus rests
// among them; figures that are too old are said to be so, and nothing can be pressed on them.
import { pageMeta, serverNow } from "./page.js";

const EVERY = 2000;
const box = document.querySelector("[data-wall]");
let asking = false;
let soon = 0;

async function refresh() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    const answer = await fetch(box.dataset.wall, { credentials: "same-origin", signal: AbortSignal.timeout(8000) });
    if (answer.redirected || answer.status === 401) location.reload();
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-wall]"));
  } catch {
    /* the figures grow old, and judge() says so */
  } finally {
    asking = false;
    judge();
  }
}

function show(fresh) {
  if (!fresh) return;
  box.dataset.at = fresh.dataset.at;
  const stale = box.querySelector("[data-wall-stale]");
  const words = fresh.querySelector("[data-wall-stale]");
  if (stale && words) stale.replaceChildren(...words.childNodes);
  box.querySelectorAll("[data-part]").forEach((part) => {
    const next = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (next) put(part, next);
  });
  const away = document.querySelector("[data-wall-away]");
  const kpis = fresh.querySelector("[data-away]");
  if (away && kpis) away.textContent = kpis.dataset.away;
}

function put(part, next) {
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  const list = part.querySelector("[data-order]");
  if (list && (focused || part.matches(":hover"))) keepOrder(list, next.querySelector("[data-order]"));
  part.querySelectorAll("details[open][id]").forEach((open) => {
    const same = next.querySelector(`#${CSS.escape(open.id)}`);
    if (same) same.open = true;
  });
  part.replaceChildren(...next.childNodes);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

// Those that were there stay in their order; new ones come after them.
function keepOrder(old, next) {
  if (!next) return;
  const places = new Map([...old.children].map((row, place) => [row.id, place]));
  const rank = (row) => (places.has(row.id) ? places.get(row.id) : places.size);
  next.append(...[...next.children].sort((a, b) => rank(a) - rank(b)));
}

function judge() {
  const speed = Number(pageMeta("clock-speed")) || 1;
  const old = (serverNow() - Date.parse(box.dataset.at)) / speed > Number(box.dataset.fresh) * 1000;
  const stale = box.querySelector("[data-wall-stale]");
  if (stale) stale.hidden = !old;
  box.classList.toggle("old", old);
  document.querySelectorAll("[data-wall-action]").forEach((action) => {
    if (action.matches("button")) action.disabled = old;
    else if (old) action.setAttribute("aria-disabled", "true");
    else action.removeAttribute("aria-disabled");
  });
}

// J and K go from row to row.
function step(by) {
  const stops = [...box.querySelectorAll("[data-wall-act]")];
  const here = stops.indexOf(document.activeElement);
  stops[(here < 0 ? (by > 0 ? 0 : stops.length - 1) : here + by + stops.length) % stops.length]?.focus();
}

if (box) {
  setInterval(refresh, EVERY);
  setInterval(judge, 1000);
  for (const name of ["risk.changed", "inquiry.unpaid", "inquiry.abandoned", "resync"]) {
    document.body.addEventListener(`live:${name}`, () => {
      clearTimeout(soon);
      soon = setTimeout(refresh, 300);
    });
  }
  document.addEventListener("visibilitychange", refresh);
  document.addEventListener("click", (event) => {
    if (event.target.closest?.('[data-wall-action][aria-disabled="true"]')) event.preventDefault();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input,textarea,select")) return;
    const by = { j: 1, k: -1 }[event.key.toLowerCase()];
    if (!by) return;
    event.preventDefault();
    step(by);
  });
}
