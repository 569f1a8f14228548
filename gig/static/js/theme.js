// The theme changes at once; the cookie keeps it for the next page. Without this the form does the same.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-theme-toggle]");
  if (!button) return;
  event.preventDefault();
  const theme = button.value === "dark" ? "dark" : "light";
  document.documentElement.dataset.theme = theme;
  const secure = location.protocol === "https:" ? ";secure" : "";
  document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax${secure}`;
  button.value = theme === "dark" ? "light" : "dark";
  const use = button.querySelector("use");
  if (use) use.setAttribute("href", use.getAttribute("href").replace(/#.*$/, theme === "dark" ? "#sun" : "#moon"));
});

// The first press on a device that is dark already makes it light.
const button = document.querySelector("[data-theme-toggle]");
if (button && !document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches) {
  button.value = "light";
}
