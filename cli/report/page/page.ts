import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { countOf } from "../../print.ts";
import { describeKeys, type SecretReport } from "../app-report.ts";
import { Html, html } from "./html.ts";
import type { Cell, Level } from "./matrix.ts";
import type { AppChain, RoleOfChain, StackReport } from "./model.ts";

/**
 * The report as one HTML file: it loads nothing, and its Content-Security-Policy allows only its own style and
 * script, by their digests. Without the script everything is there but the filter.
 */

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const style = read("page.css");
const script = read("filter.browser.js");

function digest(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

const policy = [
  "default-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  `style-src ${digest(style)}`,
  `script-src ${digest(script)}`,
].join("; ");

export function toPage(report: StackReport): string {
  const { stack, apps, server } = report;
  const source =
    server === undefined
      ? html`from the stack file <code>Pulumi.${stack}.yaml</code>; no server was read`
      : html`compared with Postgres ${server.version} at ${server.name}`;
  const roles = apps.flatMap((app) => app.roles);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Berth: stack ${stack}</title>
<style>${new Html(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<header>
<h1>Stack ${stack}</h1>
<p>${countOf(apps.length, "app")}, ${countOf(roles.length, "role")}, ${countOf(report.warnings.length, "warning")}; ${source}.</p>
<nav aria-label="Sections"><a href="#access">Access</a> <a href="#warnings">Warnings</a> <a href="#chains">Apps</a> <a href="#secrets">Secrets</a>${report.secretPaths.length === 0 ? undefined : html` <a href="#paths">Vault</a>`}</nav>
<form class="filter" role="search" hidden>
<label for="filter">Filter by app, role, database or Secret</label>
<input id="filter" type="search" autocomplete="off" spellcheck="false">
<output for="filter" aria-live="polite"></output>
</form>
</header>
<main id="main" tabindex="-1">
${toAccess(report)}
${toWarnings(report)}
${toChains(report)}
${toSecrets(report)}${toPaths(report)}
</main>
<footer><p>Made by <code>report --html</code> of Berth. It has no secret in it.</p></footer>
<script>${new Html(script)}</script>
</body>
</html>
`.text;
}

/** A table that scrolls by itself, with the keyboard too. */
function toTable(id: string, title: string, note: Html, table: Html): Html {
  return html`<section>
<h2 id="${id}">${title}</h2>
<p>${note}</p>
<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">${table}</div>
</section>`;
}

function toHead(titles: readonly string[]): Html {
  return html`<thead><tr>${titles.map((title) => html`<th scope="col">${title}</th>`)}</tr></thead>`;
}

/** A table whose rows begin with a title of their own. */
function toRowTable(titles: readonly string[], rows: readonly (readonly string[])[]): Html {
  const body = rows.map(
    ([title, ...cells]) =>
      html`<tr><th scope="row">${title}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`,
  );
  return html`<table>${toHead(titles)}<tbody>${body}</tbody></table>`;
}

function toWarnings({ warnings }: StackReport): Html {
  if (warnings.length === 0) {
    return html`<section><h2 id="warnings">Warnings</h2><p>None.</p></section>`;
  }
  const rows = warnings.map(
    ({ app, what, fix }) =>
      html`<tr><th scope="row">${app ?? "stack"}</th><td>${what}</td><td>${fix === undefined ? undefined : html`<code>${fix}</code>`}</td></tr>\n`,
  );
  const head = toHead(["App", "What", "Statement or edit that ends it"]);
  const note = html`What is allowed, and should be meant.`;
  return toTable("warnings", "Warnings", note, html`<table>${head}<tbody>${rows}</tbody></table>`);
}

const words: Readonly<Record<Level, string>> = {
  superuser: "superuser",
  owner: "owner",
  readwrite: "write",
  custom: "custom",
  readonly: "read",
  connect: "connect",
};

function toAccess({ matrix, server }: StackReport): Html {
  const { databases, rows, unread } = matrix;
  const columns = [...databases, ...unread.map((name) => ({ name, app: undefined }))];
  const head = columns.map(
    ({ name, app }) =>
      html`<th scope="col"${app === undefined ? new Html(' class="other"') : undefined}><span>${name}</span></th>`,
  );
  const body = rows.map(({ role, app, cells }) => {
    const all = databases.map(({ name }) => toCell(cells[name]));
    const rest = unread.map(() => html`<td class="other">?</td>`);
    const title = html`<th scope="row">${role}</th>`;
    return html`<tr${app === undefined ? new Html(' class="other"') : undefined}>${title}${all}${rest}</tr>\n`;
  });
  const note = html`What each role may do in each database, with what it has through a role that it is a member of, and
through PUBLIC, which is every role. An empty cell: nothing, not even connect. Grey: not of this stack.${
    server === undefined && unread.length > 0
      ? html` ?: reserved, and not read; <code>--live</code> reads it.`
      : undefined
  }`;
  const table = html`<table class="matrix"><colgroup><col>${columns.map(() => html`<col>`)}</colgroup><thead><tr><th scope="col">Role</th>${head}</tr></thead><tbody>${body}</tbody></table>`;
  return toTable("access", "Access: roles and databases", note, table);
}

function toCell(cell: Cell | undefined): Html {
  if (cell === undefined) return html`<td></td>`;
  const via = cell.via === undefined ? undefined : html` <small>via ${cell.via}</small>`;
  return html`<td class="${cell.level}">${words[cell.level]}${via}</td>`;
}

function toChains({ apps, server }: StackReport): Html {
  const head = ["App", "1Password or Vault", "Secret", "Role", "Database", "Applications"];
  const titles = [...head, ...(server === undefined ? [] : ["On the server"])];
  const bodies = apps.map((app) => html`<tbody>${toChainRows(app)}</tbody>\n`);
  const note = html`The way of a password: from its item through the Secret to the app that logs in with it.`;
  return toTable("chains", "Apps", note, html`<table>${toHead(titles)}${bodies}</table>`);
}

function toChainRows(app: AppChain): Html[] {
  const span = new Html(` rowspan="${String(app.roles.length)}"`);
  const first = html`<th scope="rowgroup"${span}>${app.app}</th>`;
  const last = html`<td${span}>${app.applications.join(", ") || "none"}${
    app.workload === undefined ? undefined : html`<small>${app.workload}</small>`
  }</td>${app.state === undefined ? undefined : html`<td${span}>${toState(app.state)}</td>`}`;
  return app.roles.map(
    (role, index) =>
      html`<tr>${index === 0 ? first : undefined}${toRoleCells(role)}${
        index === 0
          ? html`<td${span}>${[app.database, ...(app.furtherDatabases ?? [])].join(", ")}</td>${last}`
          : undefined
      }</tr>`,
  );
}

function toRoleCells({ name, profile, secret }: RoleOfChain): Html {
  const arrow = html`<span class="arrow" aria-hidden="true">→</span>`;
  const place = secret === undefined ? html`none ${arrow}` : toPlace(secret, arrow);
  return html`<td>${secret?.item ?? "none"} ${arrow}</td><td>${place}</td><td>${name} ${arrow}<small>${profile}</small></td>`;
}

function toPlace({ secret, namespaces, kind }: SecretReport, arrow: Html): Html {
  if (kind === undefined) return html`${secret} ${arrow}<small>not delivered</small>`;
  return html`${secret} ${arrow}<small>${kind} in ${namespaces.join(", ")}</small>`;
}

function toState({ isThere, drift }: NonNullable<AppChain["state"]>): Html {
  if (!isThere) return html`<strong class="bad">not there yet</strong>`;
  if (drift.length === 0) return html`<span class="good">as in the stack file</span>`;
  const items = drift.map((text) => html`<li>${text}</li>`);
  return html`<details><summary><strong class="bad">differs</strong> (${drift.length})</summary><ul>${items}</ul></details>`;
}

function toSecrets({ apps }: StackReport): Html {
  const titles = ["App", "From", "Path", "Secret", "Made by", "Namespaces", "Login of", "Keys"];
  const rows = apps.flatMap(({ app, secrets }) =>
    secrets.map((one) => {
      const { source, item, secret, kind = "nobody", namespaces, role = "" } = one;
      return [app, source, item, secret, kind, namespaces.join(", "), role, describeKeys(one)];
    }),
  );
  const note = html`Where each Secret comes from. Values are not read. …: the item may have more keys.`;
  return toTable("secrets", "Secrets", note, toRowTable(titles, rows));
}

function toPaths({ secretPaths }: StackReport): Html | undefined {
  if (secretPaths.length === 0) return undefined;
  const titles = ["Path", "Engine", "Keys", "Written by", "Read by"];
  const rows = secretPaths.map((one) => {
    const { path, engine = "", producer, consumers } = one;
    return [path, engine, describeKeys(one), producer, consumers.join("; ")];
  });
  const note = html`What is secret inside Vault, by the stack file. Values are not read. …: there may be more keys.`;
  return html`\n${toTable("paths", "Paths in Vault", note, toRowTable(titles, rows))}`;
}
