// How this device is to call: sound, shaking, notifications while the page is out of sight; and the app on the
// home screen. All of it is kept on the device.
import { recall, remember, say, toast } from "./page.js";
import { beep, shake, unlock } from "./sound.js";

const DEFAULTS = { sound: "off", haptics: "on", notify: "off" };
let invitation = null;

function isOn(name) {
  if (name === "notify" && (!("Notification" in window) || Notification.permission !== "granted")) return false;
  return (recall(name) ?? DEFAULTS[name]) === "on";
}

function draw() {
  document.querySelectorAll("[data-device-switch]").forEach((button) => {
    const on = isOn(button.dataset.deviceSwitch);
    button.setAttribute("aria-checked", String(on));
    button.classList.toggle("off", !on);
    const words = button.querySelector("[data-state]");
    if (words) words.textContent = on ? words.dataset.on : words.dataset.off;
  });
  document.querySelectorAll("[data-sound-toggle]").forEach((button) => {
    const on = isOn("sound");
    button.setAttribute("aria-pressed", String(on));
    const use = button.querySelector("use");
    if (use) use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, on ? "#volume" : "#volume-off"));
  });
  const still = document.querySelector("[data-no-shaking]");
  if (still) still.hidden = "vibrate" in navigator;
  const denied = document.querySelector("[data-no-notices]");
  if (denied) denied.hidden = "Notification" in window && Notification.permission !== "denied";
  const install = document.querySelector("[data-install]");
  if (install) install.hidden = !invitation;
  const how = document.querySelector("[data-install-how]");
  if (how) how.hidden = Boolean(invitation) || matchMedia("(display-mode: standalone)").matches;
}

async function turn(name) {
  const on = !isOn(name);
  if (name === "notify" && on) {
    if (!("Notification" in window) || (await Notification.requestPermission()) !== "granted") {
      toast(say("no_notices"), "error");
      draw();
      return;
    }
  }
  remember(name, on ? "on" : "off");
  draw();
  if (on && name === "sound") {
    unlock();
    beep();
  }
  if (on && name === "haptics") shake(20);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-device-switch],[data-sound-toggle],[data-try-alarm],[data-install]");
  if (!button) return;
  if (button.matches("[data-try-alarm]")) {
    beep(3);
    shake([200, 100, 200]);
    toast(say(isOn("sound") ? "tried" : "tried_silent"));
  } else if (button.matches("[data-install]")) {
    invitation?.prompt();
    invitation = null;
    draw();
  } else {
    turn(button.dataset.deviceSwitch ?? "sound");
  }
});

addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  invitation = event;
  draw();
});
addEventListener("appinstalled", () => {
  invitation = null;
  draw();
});
addEventListener("storage", draw);
document.body.addEventListener("htmx:after:swap", draw);
draw();

// The service worker belongs to agents' pages; its address names the language of its one page.
if ("serviceWorker" in navigator && document.querySelector("[data-open-turns]")) {
  const language = document.documentElement.lang === "en" ? "en" : "zh";
  navigator.serviceWorker.register(`/sw.js?l=${language}`, { scope: "/", updateViaCache: "none" }).catch(() => {});
}
