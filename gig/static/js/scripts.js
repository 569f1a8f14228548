// 话术 and the check before sending. The sheet brings every script along, ranked by the server; search, stages
// and 换一批 happen here, so that they work on a phone that has lost its network: the last sheet is kept in
// memory for as long as the page is open. Picking fills the box (composer.js) and never sends.
import { isConnected } from "./live.js";
import { csrf } from "./page.js";

const CHECK_AFTER = 500;
const tray = () => document.getElementById("sheet");
const opener = () => document.querySelector('a.tool[hx-target="#sheet"]');
let kept = "";
let state = { query: "", only: "", from: 0 };

async function fetchSheet() {
  const link = opener();
  if (!link || !isConnected()) return;
  try {
    const answer = await fetch(link.href, { credentials: "same-origin", headers: { "HX-Request": "true" } });
    if (answer.ok) kept = await answer.text();
  } catch {
    /* what was kept before is still good */
  }
}

function opened() {
  const sheet = tray()?.querySelector("[data-pick-sheet]");
  if (!sheet) return;
  state = { query: "", only: "", from: 0 };
  sheet.focus();
}

function close() {
  if (!tray()?.firstElementChild) return;
  tray().replaceChildren();
  if (!document.activeElement || document.activeElement === document.body) opener()?.focus();
}

// The same rules as gig/dispatch/scripts/rules/search.py.
const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/gu, "");

function shared(one, other) {
  let length = 0;
  while (length < one.length && length < other.length && one[length] === other[length]) length += 1;
  return length;
}

function spells(wanted, syllables) {
  let reached = new Set([0]);
  for (const readings of syllables) {
    const next = new Set();
    for (const at of reached) {
      for (const reading of readings) {
        for (let length = shared(wanted.slice(at), reading); length > 0; length -= 1) next.add(at + length);
      }
    }
    if (next.has(wanted.length)) return true;
    if (!next.size) return false;
    reached = next;
  }
  return false;
}

function found(query, row) {
  const wanted = plain(query);
  if (!wanted) return 1;
  const place = plain(row.dataset.title).indexOf(wanted);
  if (place >= 0) return place === 0 ? 4 : 3;
  if (/^[a-z0-9]+$/.test(wanted)) {
    const syllables = row.dataset.sounds.split(" ").map((each) => each.split("|"));
    if (syllables.some((_, start) => spells(wanted, syllables.slice(start)))) return 2;
  }
  return plain(row.dataset.words).includes(wanted) ? 1 : 0;
}

function within(row) {
  if (!state.only) return true;
  return state.only === "favourites" ? row.dataset.favourite === "1" : row.dataset.stage === state.only;
}

function draw() {
  const list = tray()?.querySelector("[data-picks]");
  if (!list) return;
  const rows = [...list.querySelectorAll("[data-pick]")];
  rows.forEach((row, place) => { row.dataset.place ??= String(place); });
  const hits = rows
    .map((row) => ({ row, hit: found(state.query, row) }))
    .filter(({ row, hit }) => hit && within(row) && (state.query.trim() || row.dataset.fits))
    .sort((a, b) => b.hit - a.hit || a.row.dataset.place - b.row.dataset.place);
  const atOnce = Number(list.dataset.atOnce);
  if (state.from >= hits.length) state.from = 0;
  const shown = state.query.trim() ? hits.slice(0, 4 * atOnce) : hits.slice(state.from, state.from + atOnce);
  rows.forEach((row) => { row.hidden = true; });
  list.prepend(...shown.map(({ row }) => row));
  shown.forEach(({ row }) => { row.hidden = false; });
  list.querySelector("[data-none]").hidden = shown.length > 0;
  list.scrollTop = 0;
  tray().querySelectorAll("[data-only]").forEach((chip) => {
    const on = chip.dataset.only === state.only;
    chip.classList.toggle("on", on);
    chip.toggleAttribute("aria-current", on);
  });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a.tool[hx-target="#sheet"]');
  if (link && !isConnected() && kept) {
    event.preventDefault();
    event.stopImmediatePropagation();
    tray().innerHTML = kept;
    return opened();
  }
  if (!tray()?.contains(event.target)) return;
  const chip = event.target.closest("[data-only]");
  if (chip) {
    event.preventDefault();
    state = { ...state, only: chip.dataset.only, from: 0 };
    draw();
  } else if (event.target.closest("[data-more]")) {
    state.from += Number(tray().querySelector("[data-picks]").dataset.atOnce);
    draw();
  } else if (event.target.closest("[data-insert]")) event.preventDefault();
}, true);
document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-close]") && tray()?.contains(event.target)) close();
});
document.addEventListener("input", (event) => {
  if (!tray()?.contains(event.target)) return;
  state = { ...state, query: event.target.value, from: 0 };
  draw();
});
document.addEventListener("submit", (event) => {
  if (!tray()?.contains(event.target)) return;
  event.preventDefault();
  if (event.target.matches("[data-favourite-form]")) favourite(event.target);
}, true);

async function favourite(form) {
  const row = form.closest("[data-pick]");
  const body = new FormData(form);
  const wanted = body.get("do") === "add";
  try {
    const answer = await fetch(form.action, {
      method: "POST", body, credentials: "same-origin", headers: { "HX-Request": "true", "X-CSRFToken": csrf() },
    });
    if (!answer.ok) return;
  } catch {
    return;
  }
  row.dataset.favourite = wanted ? "1" : "";
  form.elements.do.value = wanted ? "remove" : "add";
  form.querySelector("button").setAttribute("aria-pressed", String(wanted));
  fetchSheet();
}

document.body.addEventListener("htmx:after:swap", () => {
  const sheet = tray()?.querySelector("[data-pick-sheet]");
  if (!sheet || sheet.dataset.opened) return;
  sheet.dataset.opened = "1";
  kept = tray().innerHTML;
  opened();
});
for (const name of ["live:turn.open", "live:connected"]) document.body.addEventListener(name, () => setTimeout(fetchSheet, 500));
if (opener()) setTimeout(fetchSheet, 1500);

// While the agent types: what would be blocked, what will be masked.
let timer = 0;
let asked = 0;
async function check(text) {
  const place = document.querySelector("[data-check]");
  if (!place) return;
  asked += 1;
  const mine = asked;
  let html = "";
  if (text.trim() && isConnected()) {
    const body = new FormData();
    body.set("text", text);
    try {
      const answer = await fetch(place.dataset.check, {
        method: "POST", body, credentials: "same-origin", headers: { "HX-Request": "true", "X-CSRFToken": csrf() },
      });
      if (answer.ok) html = (await answer.text()).trim();
    } catch {
      /* the server looks again when it is sent */
    }
  }
  if (mine !== asked) return;
  if (place.innerHTML !== html) place.innerHTML = html;
  place.hidden = !html;
}
document.body.addEventListener("composer:changed", (event) => {
  clearTimeout(timer);
  timer = setTimeout(() => check(event.detail.text), event.detail.text ? CHECK_AFTER : 0);
});
