// The page without a server. The clock of an open turn goes on, as an estimate from what this device last
// knew; the page comes back by itself once the server answers.
const LONGEST_WAIT = 15000;
let tries = 0;
let timer = 0;

function cookie(name) {
  return document.cookie.split("; ").find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}
for (const [name, attribute] of [["theme", "theme"], ["text", "text"], ["hand", "hand"]]) {
  const value = cookie(name);
  if (value && !["auto", "normal", "right"].includes(value)) document.documentElement.dataset[attribute] = value;
}

function known() {
  try {
    return JSON.parse(localStorage.getItem("open-turns") || "null");
  } catch {
    return null;
  }
}

function draw() {
  const kept = known();
  const panel = document.querySelector("[data-turn]");
  const now = kept ? kept.server + (Date.now() - kept.wall) * kept.speed : 0;
  const first = kept?.turns.filter((turn) => turn.expires > now).sort((a, b) => a.deadline - b.deadline)[0];
  panel.hidden = !first;
  if (!first) return;
  const exact = (first.deadline - now) / 1000;
  const left = exact >= 0 ? Math.ceil(exact) : -Math.ceil(-exact);
  const ring = panel.querySelector(".ring");
  ring.className = `ring m ${left <= 0 ? "over" : left <= 10 ? "crit" : left <= 20 ? "warn" : "calm"}`;
  panel.querySelector("[data-digit]").textContent = left > 0 ? left : `+${-left}`;
  const share = Math.max(0, Math.min(100, (100 * exact) / first.total));
  panel.querySelector(".fg").setAttribute("stroke-dashoffset", (100 - share).toFixed(1));
  const words = panel.querySelector("[data-about]");
  words.textContent = (left > 0 ? words.dataset.about : words.dataset.over).replace("{n}", Math.abs(left));
  ring.setAttribute("aria-label", words.textContent);
}

async function look() {
  clearTimeout(timer);
  tries += 1;
  const words = document.querySelector("[data-cut]");
  words.textContent = navigator.onLine ? words.dataset.cut.replace("{n}", tries) : words.dataset.noNet;
  try {
    const answer = await fetch("/healthz", { cache: "no-store" });
    if (answer.ok) {
      location.reload();
      return;
    }
  } catch {
    // not yet
  }
  timer = setTimeout(look, Math.min(LONGEST_WAIT, 1000 * 2 ** Math.min(tries, 4)) * (0.7 + Math.random() * 0.6));
}

draw();
setInterval(draw, 250);
timer = setTimeout(look, 1500);
addEventListener("online", look);
document.querySelector("[data-retry]").addEventListener("click", look);
