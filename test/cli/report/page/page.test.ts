import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { html } from "../../../../cli/report/page/html.ts";
import { toMermaid } from "../../../../cli/report/page/mermaid.ts";
import { toStackReport } from "../../../../cli/report/page/model.ts";
import { toPage } from "../../../../cli/report/page/page.ts";
import { parseStack } from "../../../../components/config/parse.ts";
import { makeSpec, writeStack } from "../../../fakes/stack.ts";
import { hostileReport, sampleReport } from "./sample.ts";

/** The page and the picture, as text. `browser.full.test.ts` opens the page in a browser. */

const page = toPage(sampleReport);

describe("html", () => {
  it("escapes all values, and no HTML of its own", () => {
    const inner = html`<b>${"<i>"}</b>`;
    expect(html`<p title="${`"'&`}">${[inner, "<", 1]}${undefined}</p>`.text).toBe(
      '<p title="&quot;&#39;&amp;"><b>&lt;i&gt;</b>&lt;1</p>',
    );
  });

  it("writes out control characters", () => {
    expect(html`${"\u001b[2J\u202e"}`.text).toBe("\\u001b[2J\\u202e");
  });
});

describe("the page", () => {
  it("loads nothing, and allows only its own style and script", () => {
    expect(page).not.toMatch(/(?:src|href)="(?!#)/);
    expect(page).not.toMatch(/url\(|@import/);
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? "";
    for (const tag of ["style", "script"]) {
      const [, text = ""] = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page) ?? [];
      const digest = createHash("sha256").update(text).digest("base64");
      expect(policy.replaceAll("&#39;", "'")).toContain(`${tag}-src 'sha256-${digest}'`);
    }
  });

  it("shows chains, access with its reason, warnings with their statement, and what differs", () => {
    const text = page.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ");
    expect(text).toContain("Coachlight/wiki-db-credentials → wiki-db-credentials →");
    expect(text).toContain("connect via PUBLIC");
    expect(text).toContain("connect via analysts");
    expect(text).toContain("REVOKE CONNECT ON DATABASE &quot;paperless&quot; FROM PUBLIC;");
    expect(text).toContain("role backup, which is not in the entry, may connect to database shop");
    expect(text).toContain("not there yet");
    expect(text).toContain("role shop_importer gets connection limit -1");
  });

  it("has a scope on each header of a table", () => {
    for (const [, head] of page.matchAll(/<th\b([^>]*)>/g)) expect(head).toContain("scope=");
  });

  it("lets no name of others become HTML", () => {
    const text = toPage(hostileReport());
    expect(text).not.toContain("<img");
    expect(text.match(/<script/g)).toHaveLength(1);
    expect(text).not.toMatch(/["'][^<>"']*onerror="/);
    expect(text).not.toContain("\u001b");
    expect(text).not.toContain("\u202e");
  });

  it("says for an app alone only what is its own", () => {
    const spec = makeSpec({ wiki: {}, shop: { reclaimPolicy: "delete" } });
    const { apps, warnings, matrix } = toStackReport(spec, spec.apps.slice(1), undefined);
    expect(apps.map(({ app }) => app)).toEqual(["wiki"]);
    expect(warnings.filter(({ app }) => app === "shop")).toEqual([]);
    expect(matrix.databases.map(({ name }) => name)).toEqual(["wiki"]);
  });
});

it("names Applications by the stack's pattern", () => {
  const gitops = { directory: "../gitops", repoURL: "https://git.example.org/gitops.git" };
  const written = writeStack({ wiki: { workload: { git: { path: "apps/wiki" } } } });
  const spec = parseStack("prod", { ...written, gitops, argocd: { names: "prod-${name}" } });
  const [wiki] = toStackReport(spec, spec.apps, undefined).apps;
  expect(wiki?.applications).toEqual(["prod-wiki-db-provisioner", "prod-wiki"]);
});

describe("the Mermaid picture", () => {
  it("goes from the item to the Application", () => {
    const spec = makeSpec({ wiki: {} });
    expect(toMermaid(toStackReport(spec, spec.apps, undefined))).toBe(
      [
        "flowchart LR",
        '  subgraph a0g0["wiki"]',
        '    a0d0[("wiki")]',
        '    a0i0(["Coachlight/wiki-db-credentials"]) --> a0s0["Secret wiki-db-credentials"]',
        '    a0s0 --> a0r0["wiki<br>owner"] --> a0d0',
        "  end",
        "",
      ].join("\n"),
    );
  });

  it("lets no name end its label", () => {
    const spec = makeSpec({ wiki: { database: { name: 'a"] --> x["<b>' } } });
    const text = toMermaid(toStackReport(spec, spec.apps, undefined));
    expect(text).toContain('a0d0[("a#34;#93; --#62; x#91;#34;#60;b#62;")]');
  });
});
