// Entry of every page. Each module finds its own elements and does nothing without them.
import { serverNow, toast, wallClock } from "./page.js";
import "./ring.js";
import "./alarm.js";
import "./settings.js";
import "./live.js";
import "./feed.js";
import "./alerts.js";
import "./composer.js";
import "./scripts.js";
import "./theme.js";
import "./typing.js";
import "./console.js";
import "./wall.js";

document.documentElement.classList.add("js");

// Toasts leave after three seconds, refusals after five.
function schedule(line) {
  if (line.dataset.scheduled || line.dataset.toast === "stays") return;
  line.dataset.scheduled = "1";
  setTimeout(() => {
    line.classList.add("gone");
    setTimeout(() => line.remove(), 220);
  }, line.dataset.toast === "error" ? 5000 : 3000);
}
const tray = document.getElementById("toasts");
if (tray) {
  tray.querySelectorAll("[data-toast]").forEach(schedule);
  new MutationObserver(() => tray.querySelectorAll("[data-toast]").forEach(schedule)).observe(tray, { childList: true });
}
document.body.addEventListener("toast", (event) => toast(event.detail?.text ?? event.detail?.value, event.detail?.kind));

// A form is sent once per press; the label stays while it is on its way. What may take long (data-slow) says so
// after a second, until the answer comes.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sent = "1";
  form.querySelectorAll("button").forEach((button) => button.classList.add("busy-now"));
  const slow = form.dataset.slow;
  setTimeout(() => release(form), slow ? 300000 : 8000);
  if (slow) setTimeout(() => form.dataset.sent && toast(slow, "stays"), 1000);
}, true);
function release(form) {
  delete form.dataset.sent;
  document.querySelectorAll("[data-toast=stays]").forEach((line) => line.remove());
  form.querySelectorAll(".busy-now").forEach((button) => button.classList.remove("busy-now"));
}
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach(release));
document.body.addEventListener("htmx:finally:request", (event) => {
  const form = event.target.closest?.("[data-sent]");
  if (form) release(form);
});
document.body.addEventListener("form:release", (event) => release(event.target));

// Sheets and menus: Escape or a press outside closes; focus goes back to what opened them.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = [...document.querySelectorAll("details[data-sheet][open],details[data-menu][open]")].at(-1);
  if (open) {
    open.open = false;
    open.querySelector("summary")?.focus();
    return;
  }
  document.querySelector("[data-close]")?.click();
});
document.addEventListener("click", (event) => {
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});
document.addEventListener("keydown", (event) => {
  const trap = document.querySelector("[data-trap]");
  if (event.key !== "Tab" || !trap) return;
  const stops = [...trap.querySelectorAll("a[href],button:not([disabled]),input:not([type=hidden]),select,textarea")];
  if (!stops.length) return;
  const inside = trap.contains(document.activeElement);
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (!inside || document.activeElement === edge) {
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }
});

// Swipe a sheet down to close it.
let grip = null;
document.addEventListener("touchstart", (event) => {
  const sheet = event.target.closest?.("details[data-sheet] .sheet");
  grip = sheet && sheet.scrollTop <= 0 ? { sheet, y: event.touches[0].clientY } : null;
}, { passive: true });
document.addEventListener("touchend", (event) => {
  if (grip && event.changedTouches[0].clientY - grip.y > 70) grip.sheet.closest("details").open = false;
  grip = null;
}, { passive: true });

// Small things: a chosen file's name, a row that follows its link, confirmation of what cannot be undone.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-file]")) return;
  const name = event.target.closest("label")?.querySelector("[data-file-name]");
  if (name && event.target.files[0]) name.textContent = event.target.files[0].name;
  if (event.target.matches("[data-submit-on-change]")) event.target.form?.requestSubmit();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submit-on-change],input[type=checkbox][data-submit-on-change]")) event.target.form?.requestSubmit();
});

// The console's clock.
const face = document.querySelector("[data-server-clock]");
if (face) setInterval(() => { face.textContent = wallClock(serverNow()); }, 1000);
