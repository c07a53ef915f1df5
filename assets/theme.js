// Runs before the first paint, so that a remembered light theme does not flash dark.
try {
  if (localStorage.getItem("theme") === "light") document.documentElement.classList.add("light");
} catch {}
