// «Läs upp»: the browser's own Swedish voice reads the page, one part after the other. Nothing is sent anywhere by us.
// Without a voice, or without this script, there is no button, and the page is the same.
(() => {
  const button = document.querySelector("[data-speak]");
  const synth = window.speechSynthesis;
  if (!button || !synth || !window.SpeechSynthesisUtterance) return;
  const SILENT = 'details, button, input, textarea, label, script, .sr, [hidden], a.ds-button:not([href^="tel:"])'; // what is there to be done, not heard
  const label = button.querySelector("span:last-child");
  let reading = 0; // of which reading an event speaks; 0 is none

  const swedish = () => synth.getVoices().find((voice) => voice.lang.toLowerCase().startsWith("sv"));
  const offer = () => (button.hidden = !swedish());

  const textOf = (part) => {
    const copy = part.cloneNode(true);
    copy.querySelectorAll(SILENT).forEach((node) => node.remove());
    // A line by itself is a sentence by itself: a heading has no full stop.
    copy.querySelectorAll("h1, h2, h3, p, li, br, legend, a.ds-button").forEach((node) => node.after(". "));
    return copy.textContent.replace(/\s+/g, " ").replace(/([.?!:])(\s*\.)+/g, "$1").trim();
  };

  const stop = () => {
    reading = 0;
    synth.cancel();
    document.querySelectorAll(".speaking").forEach((part) => part.classList.remove("speaking"));
    button.setAttribute("aria-pressed", "false");
    label.textContent = "Läs upp";
  };

  const start = () => {
    const mine = (reading = Date.now());
    // Sentence by sentence: some browsers fall silent in the middle of a long text.
    const parts = [...document.querySelectorAll("main h1, main .page > p, main .sheet")].flatMap((part) =>
      (textOf(part).match(/[^.?!]+[.?!]*/g) || []).map((text) => ({ part, text })),
    );
    button.setAttribute("aria-pressed", "true");
    label.textContent = "Sluta läsa";
    const next = () => {
      if (reading !== mine) return;
      if (!parts.length) return stop();
      const { part, text } = parts.shift();
      const speech = new SpeechSynthesisUtterance(text);
      speech.lang = "sv-SE";
      speech.voice = swedish() || null;
      speech.rate = 0.9;
      part.classList.add("speaking");
      speech.onend = speech.onerror = () => {
        part.classList.remove("speaking");
        next();
      };
      synth.speak(speech);
    };
    synth.cancel();
    next();
  };

  button.addEventListener("click", () => (reading ? stop() : start()));
  addEventListener("pagehide", stop);
  offer();
  synth.addEventListener?.("voiceschanged", offer); // most browsers find their voices a moment later
})();
