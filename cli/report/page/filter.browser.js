// Runs in the browser. Shows only the rows that have the text, and in the matrix also only the columns.
const form = document.querySelector(".filter");
const input = document.querySelector("#filter");
const output = form.querySelector("output");
const groups = [...document.querySelectorAll("main table:not(.matrix)")].flatMap((table) =>
  table.tBodies.length > 1
    ? [...table.tBodies]
    : [...table.tBodies].flatMap((body) => [...body.rows]),
);
const matrix = document.querySelector(".matrix");
const titles = [...matrix.tHead.rows[0].cells];
const columns = [...matrix.querySelectorAll("col")];
const roles = [...matrix.tBodies[0].rows];
const textOf = new Map(
  [...groups, ...titles, ...roles].map((one) => [one, one.textContent.toLowerCase()]),
);
const nameOf = new Map(roles.map((row) => [row, row.cells[0].textContent.toLowerCase()]));

// "?" is a database that nobody has read.
const isFilled = (cell) => cell.textContent !== "" && cell.textContent !== "?";

function filterMatrix(wanted) {
  // A column stays if its database matches, or if a role that matches has something in it.
  const matching = new Set(roles.filter((row) => nameOf.get(row).includes(wanted)));
  const named = titles.map((title, at) => at > 0 && textOf.get(title).includes(wanted));
  for (const row of roles) {
    const isUsed = named.some((isNamed, at) => isNamed && isFilled(row.cells[at]));
    row.hidden = !matching.has(row) && !isUsed;
  }
  for (const [at, column] of columns.entries()) {
    const isUsed = [...matching].some((row) => isFilled(row.cells[at]));
    const isShown = wanted === "" || at === 0 || named[at] || isUsed;
    column.style.visibility = isShown ? "" : "collapse";
  }
}

function filter() {
  const wanted = input.value.trim().toLowerCase();
  for (const group of groups) group.hidden = !textOf.get(group).includes(wanted);
  filterMatrix(wanted);
  const shown = roles.filter((row) => !row.hidden).length;
  output.textContent = wanted === "" ? "" : `${shown} of ${roles.length} roles`;
}

form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
input.addEventListener("input", filter);
