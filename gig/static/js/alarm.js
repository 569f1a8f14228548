// A turn that is about to time out rings although nobody looks at the page: by sound, by a notification of the
// service worker, and by the title. It knows every open turn of the agent, on every page, from the page itself
// and from the stream. A clock that the page shows rings by itself (ring.js).
import { pageMeta, recall, remember, say, serverNow, toast } from "./page.js";
import { beep, hapticsOn, shake, soundOn } from "./sound.js";

const app = document.querySelector("[data-open-turns]");
const speed = Number(pageMeta("clock-speed")) || 1;
const SOON = [20, 10];
const BEFORE_EXPIRY = 30;
const SHAKES = [200, 100, 200, 100, 200];
const GONE = [
  "reply.sent", "inquiry.resolved", "inquiry.withdrawn", "claim.missed", "claim.released", "claim.returned", "claim.escalated",
];

let turns = [];
const rung = new Set();
let clock = null;
let title = "";
let flashing = 0;

function take(list) {
  turns = list.map((turn) => ({
    id: turn.id, url: turn.url, total: turn.total_s, deadline: Date.parse(turn.deadline), expires: Date.parse(turn.expires),
  }));
  keep();
}

// What the page without a server draws on: instants only.
function keep() {
  const kept = { server: serverNow(), wall: Date.now(), speed, turns: turns.map(({ deadline, expires, total }) => ({ deadline, expires, total })) };
  remember("open-turns", turns.length ? JSON.stringify(kept) : null);
  plan();
}

function alarms() {
  return turns.flatMap(({ id, url, deadline, expires }) => [
    ...SOON.map((s, n) => ({
      id, url, key: `${id}:${deadline}:${s}`, words: "alarm_soon",
      at: deadline - s * 1000, until: deadline - (SOON[n + 1] ?? 0) * 1000, end: deadline,
    })),
    { id, url, key: `${id}:${expires}:end`, words: "alarm_expiry", at: expires - BEFORE_EXPIRY * 1000, until: expires, end: expires },
  ]);
}

function plan() {
  const now = serverNow();
  const next = alarms().filter((each) => each.at > now);
  clock?.postMessage(next.map((each) => ({ key: each.key, ms: (each.at - now) / speed })));
  for (const each of alarms()) if (each.at <= now && each.until > now) due(each);
}

function due(alarm) {
  if (!alarm || rung.has(alarm.key)) return;
  const visible = document.visibilityState === "visible";
  if (visible && inSight(alarm)) return;
  rung.add(alarm.key);
  const left = Math.max(1, Math.ceil((alarm.end - serverNow()) / 1000));
  if (visible) {
    beep();
    shake(20);
    toast(say("alarm_other", { n: left }), "error");
    return;
  }
  beep(3);
  shake(SHAKES);
  flash();
  notify(alarm, say(alarm.words, { n: left }));
}

// Whether a ring on the page counts this turn's clock already.
function inSight(alarm) {
  const deadline = turns.find((turn) => turn.id === alarm.id)?.deadline;
  return [...document.querySelectorAll("[data-ring]")].some((ring) => Date.parse(ring.dataset.deadline) === deadline);
}

async function notify(alarm, words) {
  if (recall("notify") !== "on" || !("Notification" in window) || Notification.permission !== "granted") return;
  const worker = await navigator.serviceWorker?.getRegistration();
  if (!worker) return;
  const icon = document.querySelector('link[rel="apple-touch-icon"]')?.href;
  const badge = document.querySelector('meta[name="badge"]')?.content;
  await worker.showNotification(say("alarm_title"), {
    body: words, tag: `turn-${alarm.id}`, renotify: true, requireInteraction: true, icon, badge, data: { url: alarm.url },
    ...(soundOn() ? (hapticsOn() ? { vibrate: SHAKES } : {}) : { silent: true }),
  });
}

async function hush(keep = () => false) {
  const worker = await navigator.serviceWorker?.getRegistration();
  for (const each of (await worker?.getNotifications()) ?? []) {
    if (each.tag.startsWith("turn-") && !keep(each.tag)) each.close();
  }
}

function flash() {
  if (flashing) return;
  title = document.title;
  let on = false;
  flashing = setInterval(() => {
    const first = turns.filter((turn) => turn.expires > serverNow()).sort((a, b) => a.deadline - b.deadline)[0];
    if (!first) return calm();
    on = !on;
    const left = Math.ceil((first.deadline - serverNow()) / 1000);
    document.title = on ? `${left > 0 ? say("left", { n: left }) : say("over", { n: -left })} · ${title}` : title;
  }, 1000);
}

function calm() {
  if (!flashing) return;
  clearInterval(flashing);
  flashing = 0;
  document.title = title;
}

async function fetchTurns() {
  try {
    const answer = await fetch("/agent/open-turns", { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (answer.ok && !answer.redirected) take((await answer.json()).turns);
  } catch {
    // the stream will say when it is back
  }
}

if (app) {
  try {
    clock = new Worker(app.dataset.alarmClock);
    clock.onmessage = ({ data }) => due(alarms().find((each) => each.key === data));
  } catch {
    clock = null;
  }
  take(JSON.parse(app.dataset.openTurns));
  document.body.addEventListener("live:turn.open", fetchTurns);
  document.body.addEventListener("live:resync", fetchTurns);
  for (const type of GONE) {
    document.body.addEventListener(`live:${type}`, (event) => {
      const id = event.detail?.inquiry_id;
      turns = turns.filter((turn) => turn.id !== id);
      keep();
      hush((tag) => tag !== `turn-${id}`);
      if (!turns.length) calm();
    });
  }
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") {
      calm();
      hush();
    } else {
      plan();
    }
  });
} else {
  remember("open-turns", null);
}
