// The desk: shortcuts, news of waiting work, who else has a case open, turning and enlarging papers. All of it is
// comfort: every page works without this file.
"use strict";

// Where a key leads. Keys with a "g" before them are typed one after the other.
const PLACES = { gv: "/can-bo", gm: "/can-bo/dang-mo", gt: "/can-bo/tat-ca" };
// Single keys disturb who speaks to the machine or types by accident: whoever wants to switches them off.
const OFF = "portal-shortcuts-off";
const NEWS_EVERY = 20_000;
const LOOK_EVERY = 30_000;

const isTyping = (element) => element?.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];
let at = -1;
let pending = "";

function choose(step) {
  const all = rows();
  if (!all.length) {
    return;
  }
  all[at]?.classList.remove("is-chosen");
  at = Math.min(Math.max(at + step, 0), all.length - 1);
  all[at].classList.add("is-chosen");
  all[at].querySelector("[data-open]")?.focus();
}

function goTo(id) {
  const target = document.getElementById(id);
  target?.scrollIntoView();
  target?.querySelector("summary, button, a, input, select, textarea")?.focus({ preventScroll: true });
}

const ALONE = {
  j: () => choose(1),
  k: () => choose(-1),
  x: () => {
    const box = rows()[at]?.querySelector("input[type=checkbox]");
    if (box) {
      box.checked = !box.checked;
    }
  },
  n: () => document.querySelector("[data-next]")?.click(),
  a: () => goTo("viec-lam"),
  p: () => goTo("giay-to-ho-so"),
  "/": () => document.querySelector("[data-shortcut='/']")?.focus(),
  "?": () => {
    const sheet = document.getElementById("phim-tat");
    if (sheet) {
      sheet.open = !sheet.open;
      sheet.scrollIntoView();
      sheet.querySelector("summary").focus();
    }
  },
};

document.addEventListener("keydown", (event) => {
  if (localStorage.getItem(OFF) || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
    return;
  }
  if (pending === "g" && PLACES[`g${event.key}`]) {
    location.assign(PLACES[`g${event.key}`]);
    return;
  }
  pending = event.key === "g" ? "g" : "";
  if (ALONE[event.key]) {
    event.preventDefault();
    ALONE[event.key]();
  }
});

// New work: asked for while the page is seen. What a person has ticked is never taken away from under them.
const news = document.querySelector("[data-news]");
if (news) {
  let known = null;
  setInterval(async () => {
    if (document.hidden) {
      return;
    }
    try {
      const answer = await fetch(news.dataset.news, { headers: { Accept: "application/json" } });
      if (!answer.ok || !answer.headers.get("Content-Type")?.includes("json")) {
        return;
      }
      const now = await answer.json();
      const words = JSON.stringify(now.works);
      for (const badge of document.querySelectorAll("[data-waiting]")) {
        badge.textContent = now.total;
      }
      if (known !== null && words !== known && news.hidden) {
        if (document.querySelector("[data-rows] input:checked") || isTyping(document.activeElement)) {
          news.hidden = false;
        } else {
          await renew();
        }
      }
      known = words;
    } catch {
      // without network the page stays as it is
    }
  }, NEWS_EVERY);
}

// The rows of the same page, fetched anew and put in the place of the old ones.
async function renew() {
  const answer = await fetch(location.href);
  if (!answer.ok) {
    news.hidden = false; // the page of a search cannot be fetched anew
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [old, now] = [document, fresh].map((page) => page.querySelector("[data-fresh]"));
  if (old && now) {
    old.replaceWith(now);
    at = -1;
  } else {
    news.hidden = false;
  }
}

// One box for all rows of the page.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) {
    for (const box of document.querySelectorAll("[data-rows] input[name=case]")) {
      box.checked = event.target.checked;
    }
  } else if (event.target.matches("[data-rows] input[name=case]")) {
    const all = document.querySelector("[data-all]");
    all.checked = all.checked && event.target.checked;
  }
});

// Who else has this case open.
const looking = document.querySelector("[data-looking]");
if (looking) {
  setInterval(async () => {
    if (document.hidden) {
      return;
    }
    try {
      const answer = await fetch(looking.dataset.looking, {
        method: "POST",
        headers: { "X-CSRFToken": looking.dataset.token, Accept: "application/json" },
      });
      if (!answer.ok) {
        return;
      }
      const now = await answer.json();
      looking.hidden = !now.words && now.version === Number(looking.dataset.version);
      looking.textContent =
        now.version === Number(looking.dataset.version) ? now.words : `Hồ sơ vừa được xử lý. Hãy tải lại trang. ${now.words}`;
    } catch {
      // without network nothing is known
    }
  }, LOOK_EVERY);
}

// A paper in the page: turned by quarters, larger and smaller.
for (const viewer of document.querySelectorAll("[data-viewer]")) {
  const image = viewer.querySelector("img");
  let turn = 0;
  let width = 100;
  const show = () => {
    image.style.transform = `rotate(${turn}deg)`;
    image.style.width = `${width}%`;
    image.style.marginBlock = turn % 180 ? "12%" : "0";
  };
  for (const button of viewer.querySelectorAll("[data-turn], [data-zoom]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      turn = (turn + Number(button.dataset.turn || 0) + 360) % 360;
      width = Math.min(Math.max(width + Number(button.dataset.zoom || 0), 50), 400);
      show();
    });
  }
}
// From page to page through all papers.
let leaf = 0;
const leafs = [...document.querySelectorAll(".papers [data-page]")];
for (const button of document.querySelectorAll("[data-leaf]")) {
  button.hidden = leafs.length < 2;
  button.addEventListener("click", () => {
    leafs[(leaf + Number(button.dataset.leaf) + leafs.length) % leafs.length]?.click();
    button.focus();
  });
}
// Every link to a page of a paper shows it in the viewer instead of leaving the case.
for (const link of document.querySelectorAll("[data-page]")) {
  link.addEventListener("click", (event) => {
    const viewer = document.querySelector("[data-viewer]");
    if (!viewer || event.ctrlKey || event.metaKey) {
      return;
    }
    event.preventDefault();
    const image = viewer.querySelector("img");
    leaf = leafs.indexOf(link);
    image.src = link.dataset.page;
    image.alt = link.dataset.alt;
    viewer.hidden = false;
    viewer.querySelector("[data-name]").textContent = link.dataset.alt;
    viewer.scrollIntoView({ block: "nearest" });
    image.focus();
  });
}
// A ready reason goes into the text above it.
for (const choice of document.querySelectorAll("select[data-fills]")) {
  choice.addEventListener("change", () => {
    const text = document.getElementById(choice.dataset.fills);
    if (text && choice.value) {
      text.value = text.value.trim() ? `${text.value.trim()}\n${choice.value}` : choice.value;
      choice.value = "";
      text.focus();
    }
  });
}
// Ticks that were not saved yet are not lost by doing something else on the page.
const ticks = document.querySelector('form[action$="/giay-to"]');
if (ticks) {
  let unsaved = false;
  ticks.addEventListener("change", () => {
    unsaved = true;
  });
  document.addEventListener("submit", (event) => {
    const isOther = event.target !== ticks && event.target.closest("main");
    if (unsaved && isOther && !confirm("Kết quả kiểm tra giấy tờ chưa được ghi và sẽ mất. Vẫn tiếp tục?")) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);
}
// Whoever finds a paper wrong is asked why.
document.addEventListener("change", (event) => {
  if (event.target.matches("[name^=verdict-]")) {
    const why = event.target.closest(".paper-line").querySelector("details");
    why.open = event.target.value === "to_correct";
  }
});
// Shortcuts on and off, on this device.
for (const button of document.querySelectorAll("[data-shortcuts-off]")) {
  const name = () => {
    button.textContent = localStorage.getItem(OFF) ? "Bật phím tắt" : "Tắt phím tắt";
  };
  button.hidden = false;
  name();
  button.addEventListener("click", () => {
    if (localStorage.getItem(OFF)) {
      localStorage.removeItem(OFF);
    } else {
      localStorage.setItem(OFF, "1");
    }
    name();
  });
}
