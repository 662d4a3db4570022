// Small comforts; every page works without this file.
"use strict";

// A form that must be sent once: the second click does nothing.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button")) {
      button.setAttribute("aria-disabled", "true");
    }
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
  }
});

// Files go up as soon as they are chosen.
for (const form of document.querySelectorAll("form[data-upload]")) {
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button");
  input.addEventListener("change", () => {
    if (input.files.length) {
      button.textContent = "Đang tải lên…";
      form.requestSubmit();
    }
  });
}

// After a failed form the summary of mistakes is where the reader begins.
document.querySelector("[data-focus]")?.focus();
