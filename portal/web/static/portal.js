// Small comforts; every page works without this file.
"use strict";

// A form that must be sent once: the second click does nothing.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (event.submitter?.formTarget === "_blank") {
      return; // a look at something in another window: this page is still to be sent
    }
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

// After a failed form the summary of mistakes is where the reader begins.
document.querySelector("[data-focus]")?.focus();

// Procedures below the search box while a person types: plain links, so Tab, Enter and touch work as ever.
for (const form of document.querySelectorAll("form[data-suggest]")) {
  const input = form.querySelector("input[type=search]");
  const list = form.querySelector(".suggestions");
  const status = form.querySelector("[data-suggest-status]");
  let newest = 0;
  let timer = 0;

  const show = (items) => {
    list.replaceChildren(
      ...items.map((item) => {
        const link = document.createElement("a");
        link.href = item.href;
        link.textContent = item.name;
        const row = document.createElement("li");
        row.append(link);
        return row;
      }),
    );
    list.hidden = items.length === 0;
    status.textContent = items.length ? `${items.length} gợi ý, bấm mũi tên xuống để chọn` : "";
  };
  const ask = async () => {
    const mine = ++newest;
    const query = input.value.trim();
    if (query.length < 2) {
      show([]);
      return;
    }
    try {
      const answer = await fetch(`${form.dataset.suggest}?q=${encodeURIComponent(query)}`);
      const items = answer.ok ? await answer.json() : [];
      if (mine === newest) {
        show(items);
      }
    } catch {
      show([]); // without network the form itself still says what is wrong
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, 120);
  });
  form.addEventListener("keydown", (event) => {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement);
    if (event.key === "Escape") {
      show([]);
      input.focus();
    } else if (event.key === "ArrowDown" && links[at + 1]) {
      links[at + 1].focus();
      event.preventDefault();
    } else if (event.key === "ArrowUp" && at >= 0) {
      (links[at - 1] ?? input).focus();
      event.preventDefault();
    }
  });
}

// Printing, with everything unfolded; sharing, where the device knows how, else the address is copied.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
window.addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("main details:not([open])")) {
    folded.open = true;
  }
});
for (const button of document.querySelectorAll("[data-share]")) {
  button.hidden = !(navigator.share || navigator.clipboard);
  button.addEventListener("click", async () => {
    const url = button.dataset.share;
    try {
      if (navigator.share) {
        await navigator.share({ title: document.title, url });
      } else {
        await navigator.clipboard.writeText(url);
        button.textContent = "Đã chép liên kết";
      }
    } catch {
      // the person changed their mind
    }
  });
}

// Whoever signs out leaves nothing on a device that others may use.
for (const form of document.querySelectorAll("form[data-sign-out]")) {
  form.addEventListener("submit", () => {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith("portal-draft:")) {
        localStorage.removeItem(key);
      }
    }
  });
}

// A page that waits for something elsewhere looks again by itself, while somebody looks at it and is not typing.
for (const link of document.querySelectorAll("[data-reload]")) {
  setInterval(() => {
    const isBusy = document.querySelector("form [data-touched], form :focus");
    if (document.visibilityState === "visible" && !isBusy) {
      location.assign(link.href);
    }
  }, 1000 * Number(link.dataset.reload));
}
