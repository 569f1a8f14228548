// Keys of the console: an element with data-key="A" is pressed by A. Off while somebody types.
const TYPING = "input:not([type=checkbox]):not([type=radio]),textarea,select,[contenteditable]";

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.altKey) return;
  const send = event.key === "Enter" && (event.metaKey || event.ctrlKey);
  if (!send && (event.metaKey || event.ctrlKey || event.target.closest?.(TYPING))) return;
  const name = send ? "Meta+Enter" : event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const target = [...document.querySelectorAll(`[data-key="${CSS.escape(name)}"]`)].find(usable);
  if (!target) return;
  event.preventDefault();
  if (target.matches("input,textarea,select") && target.type !== "radio" && target.type !== "checkbox") target.focus();
  else target.click();
});

function usable(element) {
  return !element.disabled && element.getAttribute("aria-disabled") !== "true" && element.offsetParent !== null;
}

// What replaces itself on live events waits while somebody is at it: the pointer rests on it (where that is
// asked for), a menu in it is open, or something is being typed in it. It catches up when they have done.
const missed = new Map();
document.body.addEventListener("htmx:before:request", hold);
document.body.addEventListener("htmx:before:swap", hold);
document.addEventListener("toggle", catchUp, true);
document.addEventListener("focusout", () => setTimeout(catchUp));

function hold(event) {
  const type = event.detail?.ctx?.sourceEvent?.type;
  const fragment = event.target;
  if (!type?.startsWith("live:")) return;
  if (fragment.matches?.("[data-hold-on-hover]:hover")) event.preventDefault();
  else if (inUse(fragment)) {
    event.preventDefault();
    missed.set(fragment, type);
  }
}

function inUse(fragment) {
  const place = fragment.closest(fragment.getAttribute("hx-target") || "*") ?? fragment;
  return Boolean(place.querySelector("details[data-menu][open]"))
    || (place.contains(document.activeElement) && document.activeElement.matches(TYPING));
}

function catchUp() {
  for (const [fragment, type] of missed) {
    if (inUse(fragment)) continue;
    missed.delete(fragment);
    if (fragment.isConnected) document.body.dispatchEvent(new CustomEvent(type));
  }
}
