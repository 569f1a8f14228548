// Opens a customer's chat page in a frame of a channel's own site:
//   <script src="https://HOST/static/js/embed.js" data-chat="CHAT_URL" async></script>
// Optional: data-label (the button's words), data-lang ("en"), data-open (open at once). The frame may run its
// scripts and send its forms, and nothing else: it cannot move this page, open windows or download.
(() => {
  const script = document.currentScript;
  const chat = new URL(script.dataset.chat ?? "", script.src);
  if (chat.origin !== new URL(script.src).origin || !chat.pathname.startsWith("/c/")) return;
  if (script.dataset.lang) chat.searchParams.set("lang", script.dataset.lang);
  const words = script.dataset.label ?? (script.dataset.lang === "en" ? "Chat with us" : "联系客服");

  const put = (element, styles) => Object.assign(element.style, styles);
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = words;
  button.setAttribute("aria-expanded", "false");
  put(button, {
    position: "fixed", right: "16px", bottom: "16px", zIndex: "2147483000", minHeight: "48px", padding: "0 20px",
    border: "0", borderRadius: "24px", background: "#0A7A4B", color: "#fff", font: "600 16px/1 system-ui, sans-serif",
    cursor: "pointer", boxShadow: "0 2px 10px rgba(0,0,0,.25)",
  });
  let frame = null;

  function make() {
    frame = document.createElement("iframe");
    frame.title = words;
    frame.setAttribute("sandbox", "allow-scripts allow-forms allow-same-origin");
    frame.setAttribute("referrerpolicy", "origin");
    frame.src = chat.href;
    put(frame, {
      position: "fixed", right: "16px", bottom: "76px", zIndex: "2147483000", width: "min(390px, calc(100vw - 32px))",
      height: "min(680px, calc(100vh - 100px))", border: "0", borderRadius: "14px", background: "#fff",
      boxShadow: "0 8px 30px rgba(0,0,0,.3)", colorScheme: "light dark",
    });
    document.body.append(frame);
  }

  function turn(open) {
    if (open && !frame) make();
    if (frame) frame.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) frame.focus();
  }

  const isOpen = () => button.getAttribute("aria-expanded") === "true";
  button.addEventListener("click", () => turn(!isOpen()));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isOpen()) {
      turn(false);
      button.focus();
    }
  });
  const begin = () => {
    document.body.append(button);
    if (script.dataset.open !== undefined) turn(true);
  };
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
})();
