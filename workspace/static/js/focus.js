// After a form with errors, focus is on the summary that lists them. Nothing else moves focus on load.
document.querySelector(".ds-error-summary")?.focus();
