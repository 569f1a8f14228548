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

// A fragment that replaces itself on live events waits while the pointer rests on it.
document.body.addEventListener("htmx:before:request", (event) => {
  const target = event.target;
  if (target.matches?.("[data-hold-on-hover]:hover") && event.detail?.ctx?.sourceEvent?.type?.startsWith("live:")) event.preventDefault();
});
