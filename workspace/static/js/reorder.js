// Ordering by dragging: <ol data-reorder> of <li data-item="12">, each with a .grip that is shown here, and a hidden <form data-reorder-form>
// with the fields item and after beside it. A drop is sent as that form, and the page comes back as the server has it.
// The same is done without this file by the buttons in each row.
(() => {
  function watch(list) {
    const form = list.parentElement.querySelector("form[data-reorder-form]");
    if (!form || list.dataset.reorder === "on") return;
    list.dataset.reorder = "on";
    for (const grip of list.querySelectorAll(".grip")) grip.hidden = false;
    const region = list.closest("[data-live]");
    Sortable.create(list, {
      draggable: "li",
      handle: ".grip",
      animation: 0, // nothing slides
      ghostClass: "dragged",
      onStart: () => {
        if (!region) return;
        // A region that holds focus is not swapped: the list must not change under the hand.
        region.tabIndex = -1;
        region.focus({ preventScroll: true });
      },
      onEnd: ({ item, oldIndex, newIndex }) => {
        if (oldIndex === newIndex) return;
        form.elements.namedItem("item").value = item.dataset.item; // elements.item is a method of the list itself
        form.elements.namedItem("after").value = item.previousElementSibling?.dataset.item ?? "";
        form.submit();
      },
    });
  }

  const wake = (root) => root.querySelectorAll("[data-reorder]").forEach(watch);
  wake(document);
  document.addEventListener("htmx:load", ({ target }) => target.querySelectorAll && wake(target));
})();
