// Applying: saved while one types, questions that appear when they apply, files that survive a bad line.
// Every page works without this file.
"use strict";

document.documentElement.classList.add("js");

const RETRY_MS = 4000;
const WAIT_MS = 700;
const PIECE = 256 * 1024;
const LONGEST_SIDE = 2340;

// Questions that apply only where another one has a certain answer.
const answerOf = (form, name) => {
  const inputs = [...form.elements].filter((input) => input.name === name);
  const chosen = inputs.filter((input) => !["radio", "checkbox"].includes(input.type) || input.checked);
  return chosen.map((input) => input.value);
};
const showWhatApplies = (form) => {
  for (const part of form.querySelectorAll("[data-when]")) {
    const wanted = part.dataset.whenIs.split(",");
    const found = answerOf(form, part.dataset.when).some((value) => wanted.includes(value));
    part.hidden = found === part.hasAttribute("data-when-not");
  }
};

// One form that keeps itself on the server; what cannot be sent waits in this browser.
const keepSaved = (form) => {
  const url = form.dataset.autosave;
  const key = `portal-draft:${form.dataset.owner}:${url}:${location.pathname}`;
  const status = form.querySelector("[data-save-status]");
  const baseInput = form.querySelector("[data-base]");
  const token = form.querySelector("[name=csrf_token]").value;
  let base = Number(form.dataset.revision);
  let pending = {};
  let timer = 0;
  let sending = null;

  const say = (text, bad = false) => {
    status.textContent = text;
    status.classList.toggle("save-status--bad", bad);
  };
  const remember = () => {
    try {
      if (Object.keys(pending).length) {
        localStorage.setItem(key, JSON.stringify({ base, texts: pending }));
      } else {
        localStorage.removeItem(key);
      }
    } catch {
      // no room or not allowed: the server still has what was sent
    }
  };
  const inputsOf = (name) => [...form.elements].filter((input) => input.name === name);
  const textOf = (name) => answerOf(form, name).join(",");
  const setText = (name, text) => {
    for (const input of inputsOf(name)) {
      if (["radio", "checkbox"].includes(input.type)) {
        input.checked = text.split(",").includes(input.value);
      } else {
        input.value = text;
      }
    }
  };

  // Somebody has changed the same question elsewhere: both are shown, the person decides.
  const offer = (name, theirs) => {
    const input = inputsOf(name)[0];
    if (!input || textOf(name) === theirs) {
      return;
    }
    form.querySelector(`[data-newer="${CSS.escape(name)}"]`)?.remove();
    const box = document.createElement("div");
    box.className = "newer";
    box.dataset.newer = name;
    box.setAttribute("role", "alert");
    const text = document.createElement("p");
    text.textContent = `Nơi khác vừa sửa mục này thành “${theirs}”.`;
    box.append(text);
    const choice = (label, chosen) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "link-button";
      button.textContent = label;
      button.addEventListener("click", () => {
        box.remove();
        setText(name, chosen());
        pending[name] = chosen();
        save();
      });
      box.append(button);
    };
    choice("Dùng nội dung đó", () => theirs);
    choice("Giữ nội dung của tôi", () => textOf(name));
    input.closest(".field, fieldset").append(box);
  };

  const take = (answer, sent) => {
    base = answer.revision;
    baseInput.value = String(base);
    for (const [name, text] of Object.entries(sent)) {
      if (pending[name] === text) {
        delete pending[name];
      }
    }
    for (const [name, text] of Object.entries(answer.newer)) {
      offer(name, text);
    }
    for (const [name, text] of Object.entries(answer.elsewhere)) {
      if (name.endsWith("__rows") || name in pending) {
        continue; // rows that were added elsewhere show when the page is loaded anew
      }
      if (inputsOf(name).length && textOf(name) !== text) {
        setText(name, text);
      }
    }
    for (const shown of form.querySelectorAll("[data-computed]")) {
      shown.textContent = answer.computed[shown.dataset.computed] || "máy tự tính khi bạn lưu";
    }
    showWhatApplies(form);
  };

  const sendOnce = async () => {
    const sent = { ...pending };
    if (!Object.keys(sent).length) {
      return true;
    }
    say("Đang lưu…");
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ base, texts: sent }),
      });
      if (response.status === 401 || response.status === 400) {
        askToSignIn();
        return false;
      }
      if (response.redirected || [404, 409].includes(response.status)) {
        pending = {};
        remember();
        say("Hồ sơ này đã được gửi, đã xóa hoặc không còn nhận. Hãy tải lại trang.", true);
        return false;
      }
      if (!response.ok) {
        throw new Error(String(response.status));
      }
      take(await response.json(), sent);
      remember();
      const time = new Date().toLocaleTimeString("vi-VN", { hour: "2-digit", minute: "2-digit" });
      say(`Đã lưu lúc ${time}.`);
      return true;
    } catch {
      say("Chưa có mạng. Nội dung được giữ trên máy này và sẽ tự gửi khi có mạng.", true);
      clearTimeout(timer);
      timer = setTimeout(save, RETRY_MS);
      return false;
    }
  };
  const save = async () => {
    clearTimeout(timer);
    remember();
    sending = sending ?? sendOnce().finally(() => {
      sending = null;
    });
    const done = await sending;
    if (done && Object.keys(pending).length) {
      timer = setTimeout(save, WAIT_MS);
    }
    return done;
  };
  const askToSignIn = () => {
    say("Phiên làm việc đã hết hạn. Nội dung được giữ trên máy này. ", true);
    const link = document.createElement("a");
    link.href = `/dang-nhap?next=${encodeURIComponent(location.pathname)}`;
    link.textContent = "Đăng nhập lại để làm tiếp";
    status.append(link);
  };
  const changed = (event) => {
    const name = event.target.name;
    if (!name || event.target.type === "file" || name === "csrf_token") {
      return;
    }
    pending[name] = textOf(name);
    showWhatApplies(form);
    remember();
    clearTimeout(timer);
    timer = setTimeout(save, WAIT_MS);
  };
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  window.addEventListener("online", () => save());
  form.addEventListener("submit", (event) => {
    if (!navigator.onLine) {
      event.preventDefault();
      delete form.dataset.sent;
      form.querySelectorAll("button").forEach((button) => button.removeAttribute("aria-disabled"));
      say("Chưa có mạng. Nội dung được giữ trên máy này; hãy bấm lại khi có mạng.", true);
    } else if (Object.keys(pending).length) {
      // The page itself carries all of it: what is stored is dropped once a newer revision has come back.
      try {
        localStorage.setItem(key, JSON.stringify({ base, texts: pending, submitted: true }));
      } catch {
        // nothing is stored then
      }
    }
  });

  // What was typed before the network, the session or the page went away.
  try {
    const left = JSON.parse(localStorage.getItem(key) ?? "null");
    if (left?.submitted && base > left.base) {
      localStorage.removeItem(key);
    } else if (left) {
      for (const [name, text] of Object.entries(left.texts)) {
        if (inputsOf(name).length && textOf(name) !== text) {
          pending[name] = text;
        }
      }
      const newest = base;
      base = Math.min(left.base, newest);
      for (const [name, text] of Object.entries(pending)) {
        setText(name, text);
      }
      save();
    }
  } catch {
    localStorage.removeItem(key);
  }
};

// A photo as a smaller JPEG, upright, so that less has to go over the line; anything else as it is.
const smaller = async (file) => {
  if (!["image/jpeg", "image/png", "image/webp"].includes(file.type) || file.size < 600 * 1024) {
    return file;
  }
  try {
    const image = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, ".jpg")) : file;
  } catch {
    return file;
  }
};

// Files in pieces (tus 1.0): a broken line costs a piece, and the rest goes on from where it stopped.
const pause = (ms) => new Promise((done) => {
  const timer = setTimeout(done, ms);
  window.addEventListener("online", () => { clearTimeout(timer); done(); }, { once: true });
});
const coded = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

// Why a file is refused: said in plain text, or else in general words.
const reasonOf = async (response, otherwise) => {
  const isPlain = (response.headers.get("Content-Type") ?? "").startsWith("text/plain");
  return (isPlain && (await response.text())) || otherwise;
};

const uploadOne = async (form, chosen, say) => {
  const token = form.querySelector("[name=csrf_token]").value;
  const common = { "Tus-Resumable": "1.0.0", "X-CSRFToken": token };
  const file = await smaller(chosen);
  const ask = async (url, options) => {
    for (;;) {
      try {
        const response = await fetch(url, { ...options, redirect: "manual" });
        if (response.status < 500 && response.type !== "opaqueredirect") {
          return response;
        }
        if (response.type === "opaqueredirect") {
          return new Response("Phiên làm việc đã hết hạn. Hãy tải lại trang, đăng nhập rồi chọn lại tệp.", { status: 401 });
        }
      } catch {
        // no network: wait and ask again
      }
      say("Mất mạng. Phần đã tải vẫn còn, sẽ tự tải tiếp khi có mạng.");
      await pause(RETRY_MS);
    }
  };
  const metadata = `filename ${coded(file.name)},slot ${coded(form.dataset.slot)}`;
  const made = await ask(form.dataset.upload, {
    method: "POST",
    headers: { ...common, "Upload-Length": String(file.size), "Upload-Metadata": metadata },
  });
  if (made.status !== 201) {
    return reasonOf(made, "Không tải lên được. Hãy tải lại trang rồi thử lại.");
  }
  const place = made.headers.get("Location");
  let offset = 0;
  while (offset < file.size) {
    say(`Đang tải ${file.name}`, offset / file.size);
    let response;
    try {
      response = await fetch(place, {
        method: "PATCH",
        headers: { ...common, "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
        body: file.slice(offset, offset + PIECE),
      });
    } catch {
      response = null;
    }
    if (response && response.status === 204) {
      offset = Number(response.headers.get("Upload-Offset"));
    } else if (response && [413, 422].includes(response.status)) {
      return reasonOf(response, "Tệp không được nhận. Hãy chọn tệp khác.");
    } else {
      say("Mất mạng. Phần đã tải vẫn còn, sẽ tự tải tiếp khi có mạng.", offset / file.size);
      await pause(RETRY_MS);
      const state = await ask(place, { method: "HEAD", headers: common });
      if (state.status !== 200) {
        return "Không tải tiếp được. Hãy chọn lại tệp.";
      }
      offset = Number(state.headers.get("Upload-Offset"));
    }
  }
  return "";
};

const uploadInPieces = (form) => {
  const input = form.querySelector("input[type=file]");
  const status = form.querySelector("[data-upload-status]");
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.setAttribute("aria-label", "Đã tải lên");
  const say = (text, part = null) => {
    status.textContent = text;
    if (part !== null) {
      bar.value = part;
      status.before(bar);
    }
  };
  const run = async () => {
    const wrong = [];
    let taken = 0;
    for (const file of [...input.files]) {
      const refusal = await uploadOne(form, file, say);
      if (refusal) {
        wrong.push(`${file.name}: ${refusal}`);
      } else {
        taken += 1;
      }
    }
    bar.remove();
    if (wrong.length) {
      status.className = "error";
      status.textContent = wrong.join(" ");
      status.setAttribute("tabindex", "-1");
      status.focus();
      input.value = "";
      return;
    }
    if (taken) {
      running = false;
      // Not a reload: the page may be the answer to a form, which a reload would send again.
      location.assign(`${location.pathname}?tai=${Date.now()}#giay-to-${form.dataset.slot}`);
    }
  };
  let running = false;
  window.addEventListener("beforeunload", (event) => {
    if (running) {
      event.preventDefault();
    }
  });
  const begin = (event) => {
    event.preventDefault();
    if (!running && input.files.length) {
      running = true;
      run().finally(() => {
        running = false;
      });
    }
  };
  input.addEventListener("change", begin);
  form.addEventListener("submit", begin);
};

for (const form of document.querySelectorAll("form[data-autosave]")) {
  showWhatApplies(form);
  keepSaved(form);
}
for (const form of document.querySelectorAll("form[data-upload]")) {
  uploadInPieces(form);
}
