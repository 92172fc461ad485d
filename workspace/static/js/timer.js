// data-ends-at="2026-12-15T14:00:00+01:00" with <b> and <span> in it: the minutes left, or over. It says nothing aloud and moves no focus.
(() => {
  const EVERY = 15000;
  const clock = (date) => date.toLocaleTimeString("sv-SE", { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Stockholm" }).replace(":", ".");

  function show(timer) {
    const ends = new Date(timer.dataset.endsAt);
    const left = (ends - Date.now()) / 60000;
    const late = left <= 0;
    timer.classList.toggle("late", late);
    timer.querySelector("b").textContent = `${late ? Math.floor(-left) : Math.ceil(left)} min`;
    timer.querySelector("span").textContent = late ? `över, skulle sluta ${clock(ends)}` : `kvar, till ${clock(ends)}`;
  }

  const showAll = () => document.querySelectorAll("[data-ends-at]").forEach(show);
  setInterval(showAll, EVERY);
  document.addEventListener("htmx:load", showAll); // what a refresh brought in
  document.addEventListener("visibilitychange", showAll);
  showAll();
})();
