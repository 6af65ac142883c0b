// Before the first paint, so that nothing moves: whether the sidebar of icons was unfolded here.
try {
  if (localStorage.getItem("courseflow.sidebar") === "open") document.documentElement.dataset.side = "open";
} catch {
  // The browser keeps nothing.
}
