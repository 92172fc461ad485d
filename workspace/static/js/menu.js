// <details data-menu> opens and closes by itself; here it also closes with Escape and when the reader goes elsewhere.
(() => {
  const opened = () => document.querySelectorAll("details[data-menu][open]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of opened()) {
      const inside = menu.contains(document.activeElement);
      menu.open = false;
      if (inside) menu.querySelector("summary").focus(); // else focus would vanish with the menu
    }
  });
  const elsewhere = ({ target }) => opened().forEach((menu) => menu.contains(target) || (menu.open = false));
  document.addEventListener("click", elsewhere);
  document.addEventListener("focusin", elsewhere);
})();
