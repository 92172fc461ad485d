// "Så låter det": the consent as one spoken sentence, built while typing. The server writes the same sentence, so this only keeps it current.
// <blockquote data-spoken="form-id"> with <span data-from="recipient" data-gap="vem?">; for check boxes data-take="unchecked" gives those left out,
// and [data-optional] around it hides when there are none. Each check box says data-spoken-as="kontaktuppgifter". <button data-speak hidden>.
(() => {
  const sentence = document.querySelector("[data-spoken]");
  if (!sentence) return;
  const form = document.getElementById(sentence.dataset.spoken) ?? sentence.closest("form") ?? document.querySelector("form:has([name=recipient])");
  if (!form) return;

  function fields(name) {
    const found = form.elements.namedItem(name);
    if (!found) return [];
    return found instanceof RadioNodeList ? [...found] : [found];
  }

  /** The words one field gives to the sentence: several for check boxes, none for a gap. */
  function wordsOf(span) {
    const all = fields(span.dataset.from);
    const wanted = span.dataset.take !== "unchecked";
    // With nothing ticked yet, nothing has been left out either.
    if (!wanted && !all.some((box) => box.checked)) return [];
    if (all[0]?.type === "checkbox") return all.filter((box) => box.checked === wanted).map((box) => box.dataset.spokenAs);
    const field = all[0]?.type === "radio" ? all.find((radio) => radio.checked) : all[0];
    if (!field?.value.trim()) return [];
    return [field.dataset.spokenAs ?? (field.tagName === "SELECT" ? field.selectedOptions[0].textContent.trim() : field.value.trim())];
  }

  /** A text the server refused and nobody has changed since. */
  const isRefused = (name) =>
    fields(name).some((field) => field.matches("input:not([type=checkbox], [type=radio])[aria-invalid=true]") && field.value === field.defaultValue);

  function element(tag, text) {
    const node = document.createElement(tag);
    node.textContent = text;
    return node;
  }

  function write(span) {
    const { from, gap = "?", take } = span.dataset;
    const words = wordsOf(span);
    const optional = span.closest("[data-optional]");
    if (optional) optional.hidden = !words.length;
    if (!words.length) return span.replaceChildren(element("mark", gap));
    const tag = isRefused(from) ? "mark" : "strong"; // a refused date is still a gap
    const last = take === "unchecked" ? " eller " : " och ";
    span.replaceChildren(...words.flatMap((word, n) => [n === 0 ? "" : n === words.length - 1 ? last : ", ", element(tag, word)]));
  }

  const writeAll = () => sentence.querySelectorAll("[data-from]").forEach(write);
  form.addEventListener("input", writeAll);
  form.addEventListener("change", writeAll);
  form.addEventListener("reset", () => setTimeout(writeAll));
  writeAll(); // the browser may have put back what was typed before a reload

  const speak = document.querySelector("[data-speak]");
  if (!speak || !("speechSynthesis" in window)) return;
  speak.hidden = false;
  speak.addEventListener("click", () => {
    if (speechSynthesis.speaking) return speechSynthesis.cancel();
    const shown = sentence.cloneNode(true);
    shown.querySelectorAll("[hidden]").forEach((part) => part.remove());
    const voice = new SpeechSynthesisUtterance(shown.textContent.replace(/\s+/g, " ").trim());
    voice.lang = "sv-SE";
    speechSynthesis.speak(voice);
  });
  addEventListener("pagehide", () => speechSynthesis.cancel());
})();
