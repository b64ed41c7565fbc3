// How far something is. Without this a form is sent all the same, and a page shows how far it is when it is loaded again.

// a form with a file, sent so that its progress can be seen. The forms come and go with the verdict, so the page listens
document.addEventListener("submit", (event) => {
  const form = event.target;
  const file = form.querySelector("input[type=file]")?.files[0];
  if (!file) return;
  event.preventDefault();
  const field = form.querySelector("input[type=file]");
  const going = form.querySelector(".going");
  const bar = going.querySelector("progress");
  const said = going.querySelector("span");
  going.hidden = false;
  if (file.size > Number(field.dataset.most)) { said.textContent = field.dataset.tooLarge; bar.hidden = true; return; }
  bar.hidden = false;
  const button = event.submitter;
  const sending = new XMLHttpRequest();
  sending.responseType = "document";
  sending.open("POST", form.action);
  sending.upload.onprogress = (one) => {
    bar.max = one.total;
    bar.value = one.loaded;
    bar.nextSibling.textContent = ` ${Math.floor((100 * one.loaded) / one.total)} % `;
  };
  sending.upload.onload = () => { said.textContent = going.dataset.kept; };
  sending.onerror = () => { said.textContent = going.dataset.broken; button.disabled = false; };
  sending.onload = () => {
    if (sending.status === 200 && sending.responseURL !== form.action) { location.assign(sending.responseURL); return; }
    const told = sending.response?.querySelector("main");
    if (!told) { sending.onerror(); return; }
    document.title = sending.response.title;
    document.querySelector("main").replaceChildren(...told.childNodes); // why it was refused
    const why = document.querySelector("#refused") ?? document.querySelector("main h1");
    why?.setAttribute("tabindex", "-1");
    why?.focus();
  };
  sending.send(new FormData(form, button));
  button.disabled = true;
});

// what is under way is looked at again until it has ended; each part is changed where it says something else
const SOON = 1000;
const LATER = 5000;
const begun = performance.now();
function again(one) {
  const asking = new XMLHttpRequest();
  asking.responseType = "document";
  asking.open("GET", location.href);
  asking.onload = () => {
    const found = asking.response?.getElementById(one.id);
    if (!found || asking.status !== 200) { location.reload(); return; }
    const parts = found.querySelectorAll("[data-part]");
    const known = one.querySelectorAll("[data-part]");
    known.forEach((part, i) => {
      if (parts[i] && !part.isEqualNode(parts[i])) part.replaceChildren(...parts[i].childNodes);
    });
    if ("again" in found.dataset) wait(one); else delete one.dataset.again;
  };
  asking.onerror = () => wait(one);
  asking.send();
}
function wait(one) { setTimeout(() => again(one), performance.now() - begun < 120000 ? SOON : LATER); }
document.querySelectorAll("[data-again]").forEach(wait);
