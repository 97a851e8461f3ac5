// The shell: theme, menus, dialogs, toasts, copy, rows that open as a whole. Everything here is a shortcut:
// without it the links and forms underneath do the same.

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

// Theme: at once, and kept in the cookie that the server reads.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const theme = event.submitter.value;
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  document.cookie = `theme=${theme};path=/;max-age=31536000;samesite=lax`;
  all("[data-theme-form] button").forEach((button) => {
    if (button.value === theme) button.setAttribute("aria-pressed", "true");
    else button.removeAttribute("aria-pressed");
  });
});

// Menus close on a click elsewhere and on Escape.
const menus = "details.menu[open], details.menu-phone[open]";
document.addEventListener("click", (event) => {
  all(menus).forEach((menu) => menu.contains(event.target) || menu.removeAttribute("open"));
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  all(menus).forEach((menu) => {
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  });
});

// Dialogs: data-dialog="id" opens one of the page; a part that htmx puts into #modal-body opens #modal.
function open(dialog) {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  dialog.querySelector("[autofocus], .dialog-body :is(input:not([type=hidden]), select, textarea)")?.focus();
}
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      open(dialog);
    }
  }
  if (event.target.closest("[data-close]")) {
    const dialog = event.target.closest("dialog");
    if (dialog) {
      event.preventDefault();
      dialog.close();
    }
  }
  if (event.target.matches("dialog[open]")) event.target.close();
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "modal-body" && event.detail.target.childElementCount) {
    open(document.getElementById("modal"));
  }
});
document.addEventListener("openModal", (event) => window.htmx.ajax("GET", event.detail.url, "#modal-body"));
document.addEventListener("closeModal", () => document.getElementById("modal")?.close());
document.getElementById("modal")?.addEventListener("close", () => {
  document.getElementById("modal-body").replaceChildren();
});

// Toasts: those of the page, and those a response sends with HX-Trigger: {"toast": {text, level, undo}}.
const SHOWN = 8000;
function leave(one) {
  if (one.matches(":hover, :focus-within")) setTimeout(leave, SHOWN / 2, one);
  else one.remove();
}
function toast({ text, level = "info", undo = "" }) {
  const copy = document.getElementById("toast")?.content.firstElementChild.cloneNode(true);
  if (!copy) return;
  copy.classList.replace("toast-info", `toast-${level}`);
  copy.querySelector("p").textContent = text;
  const form = copy.querySelector("form");
  if (undo.startsWith("/") && !undo.startsWith("//")) form.action = undo;
  else form.remove();
  document.getElementById("toasts").append(copy);
  if (level !== "error") setTimeout(leave, SHOWN, copy);
}
all("#toasts [data-toast]").forEach((one) => {
  if (!one.matches(".toast-error, .toast-warning")) setTimeout(leave, SHOWN, one);
});
document.addEventListener("toast", (event) => toast(event.detail));
document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest("[data-toast]").remove();
});
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, (event) => {
    if (event.detail.elt?.hasAttribute("data-poll")) return;
    toast({
      level: "error",
      text: "The server did not answer as expected. Reload the page to see what was saved, then try again.",
    });
  });
}

// Copying.
all("[data-copy]").forEach((button) => {
  button.hidden = !navigator.clipboard;
});
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  await navigator.clipboard.writeText(source.value ?? source.textContent);
  toast({ level: "success", text: "Copied" });
});

// The whole row opens, except where something of its own is meant.
document.addEventListener("click", (event) => {
  if (event.target.closest("a, button, input, select, textarea, label, summary") || getSelection().toString()) return;
  const link = event.target.closest("tr, [data-row]")?.querySelector(".row-link");
  if (!link) return;
  if (event.ctrlKey || event.metaKey) window.open(link.href);
  else link.click();
});
