// Everything that counts. The server decides; this draws. Deadlines are instants of the server's clock,
// which may run fast (demo): seconds here are the server's seconds.
import { announce, mmss, say, serverNow } from "./page.js";
import { beep, shake } from "./sound.js";

const WARN = 20;
const CRIT = 10;
const TICKS = [20, 10, 3, 2, 1];
const told = new Set();

function yuan(fen) {
  const whole = Math.floor(fen / 100).toLocaleString("en-US");
  return `¥${whole}.${String(fen % 100).padStart(2, "0")}`;
}

function once(ring, second, act) {
  const key = `${ring.dataset.deadline}:${second}`;
  if (told.has(key)) return;
  told.add(key);
  act();
}

function feel(ring, left) {
  if (document.visibilityState !== "visible") return;
  for (const second of TICKS) {
    if (left === second) {
      once(ring, `v${second}`, () => {
        shake(20);
        if (second === 10) beep();
      });
    }
  }
  for (const second of [20, 10]) {
    if (left === second) once(ring, `a${second}`, () => announce(say("left", { n: second })));
  }
}

function draw(ring) {
  const total = Number(ring.dataset.total) || 60;
  const exact = (Date.parse(ring.dataset.deadline) - serverNow()) / 1000;
  const left = exact >= 0 ? Math.min(Math.ceil(exact), Math.ceil(total)) : -Math.ceil(-exact);
  if (ring.dataset.drawn === String(left)) return;
  ring.dataset.drawn = String(left);
  const state = left <= 0 ? "over" : left <= CRIT ? "crit" : left <= WARN ? "warn" : "calm";
  ring.classList.remove("calm", "warn", "crit", "over");
  ring.classList.add(state);
  ring.setAttribute("aria-label", left > 0 ? say("left", { n: left }) : say("over", { n: -left }));
  const digit = ring.querySelector("[data-ring-digit]");
  if (digit) digit.textContent = left > 0 ? left : `+${-left}`;
  const arc = ring.querySelector(".fg");
  if (arc) arc.setAttribute("stroke-dashoffset", (100 - Math.max(0, Math.min(100, (100 * exact) / total))).toFixed(1));
  feel(ring, left);
  const panel = ring.closest("[data-clock]");
  if (panel) drawPanel(panel, ring, left, total, exact);
}

function drawPanel(panel, ring, left, total, exact) {
  const elapsed = total - exact;
  const tiers = JSON.parse(panel.dataset.tiers || "[]");
  const expires = Number(panel.dataset.expires) || Infinity;
  const share = tiers.filter((tier) => tier.over_s < elapsed).at(-1)?.percent ?? 0;
  const headline = panel.querySelector("[data-ring-headline]");
  if (headline) {
    const offline = document.body.classList.contains("is-offline");
    let text = say("calm", { n: left });
    if (elapsed >= expires) text = say("expired");
    else if (left <= 0) text = share ? say("late", { n: -left, p: share }) : say("over", { n: -left });
    else if (offline) text = say("about", { n: left });
    else if (left <= WARN) text = say("warn", { n: left });
    headline.textContent = text;
    headline.classList.toggle("wn", left <= WARN && left > CRIT);
    headline.classList.toggle("dg", left <= CRIT);
  }
  const pay = panel.querySelector("[data-ring-pay]");
  if (pay) {
    const gross = Number(pay.dataset.gross);
    const penalty = Math.floor((2 * gross * share + 100) / 200);
    pay.textContent = elapsed >= expires ? yuan(0) : yuan(gross - penalty);
    pay.classList.toggle("dg", share > 0);
  }
  panel.querySelectorAll("[data-track] [data-from]").forEach((part) => {
    const from = Number(part.dataset.from);
    const to = Number(part.dataset.to);
    const fill = Math.max(0, Math.min(100, (100 * (elapsed - from)) / (to - from)));
    part.querySelector(".fill")?.setAttribute("width", `${fill.toFixed(1)}%`);
  });
  if (elapsed >= expires) once(ring, "expired", () => panel.dispatchEvent(new CustomEvent("turn:expired", { bubbles: true })));
}

function drawWaited(mark) {
  const seconds = Math.floor((serverNow() - Date.parse(mark.dataset.since)) / 1000);
  if (mark.dataset.drawn === String(seconds)) return;
  mark.dataset.drawn = String(seconds);
  mark.querySelector("[data-waited-digit]").textContent = mmss(seconds);
  const long = seconds >= Number(mark.dataset.long);
  const warn = seconds >= Number(mark.dataset.warn);
  mark.classList.toggle("dg", long);
  mark.classList.toggle("wn", warn && !long);
  mark.classList.toggle("m2", !warn && !long);
  const words = mark.querySelector("[data-waited-long]");
  if (words) words.hidden = !long;
}

function drawCountdown(mark) {
  const seconds = (Date.parse(mark.dataset.until) - serverNow()) / 1000;
  const text = mmss(Math.ceil(seconds));
  if (mark.textContent !== text) mark.textContent = text;
  if (seconds <= 0 && !mark.dataset.done) {
    mark.dataset.done = "1";
    mark.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
  }
}

function tick() {
  document.querySelectorAll("[data-ring]").forEach(draw);
  document.querySelectorAll("[data-waited]").forEach(drawWaited);
  document.querySelectorAll("[data-countdown]").forEach(drawCountdown);
}

tick();
setInterval(tick, 200);
document.addEventListener("visibilitychange", tick);
for (const name of ["live:lost", "live:connected"]) {
  document.addEventListener(name, () => {
    document.querySelectorAll("[data-ring]").forEach((ring) => delete ring.dataset.drawn);
    tick();
  });
}
