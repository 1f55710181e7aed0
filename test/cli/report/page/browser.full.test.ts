import { existsSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StackReport } from "../../../../cli/report/page/model.ts";
import { toPage } from "../../../../cli/report/page/page.ts";
import { projectFolder } from "../../../../components/project-folder.ts";
import { useFolder } from "../../../fakes/folder.ts";
import { hostileReport, manyApps, sampleReport } from "./sample.ts";

/**
 * The page in a real browser. Left out where there is no Chromium: apt-get install -y chromium. With
 * BERTH_UPDATE_GOLDEN=true it draws the pictures of docs/images.
 */

const executablePath = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((file) => existsSync(file));
const why =
  executablePath === undefined ? " (left out: no Chromium; apt-get install -y chromium)" : "";

const folder = useFolder("page");
let browser: Browser;

beforeAll(async () => {
  if (executablePath === undefined) return;
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
});

afterAll(async () => {
  if (executablePath !== undefined) await browser.close();
});

/** What the browser complained about, and what it tried to load. */
interface Watched {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
}

async function open(
  report: StackReport,
  options: Parameters<Browser["newPage"]>[0] = {},
): Promise<Watched> {
  const file = path.join(folder, "report.html");
  writeFileSync(file, toPage(report));
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  return { page, complaints, requests };
}

/** Texts of the elements that a person sees. */
async function seen(page: Page, selector: string): Promise<string[]> {
  return await page.locator(`${selector}:visible`).allTextContents();
}

async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<readonly { id: string; nodes: { html: string }[] }[]>(
    "axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))",
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
}

describe.skipIf(executablePath === undefined)(`the page in a browser${why}`, () => {
  it("loads nothing, and the browser has nothing to say", async () => {
    const { page, complaints, requests } = await open(sampleReport);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([page.url()]);
    await page.close();
  });

  it.each(["light", "dark"] as const)(
    "has no barrier in %s colours, on a wide and a narrow screen",
    async (colorScheme) => {
      for (const width of [1280, 390]) {
        const { page } = await open(sampleReport, {
          colorScheme,
          viewport: { width, height: 900 },
          bypassCSP: true,
        });
        expect(await findBarriers(page)).toEqual([]);
        const isWider = await page.evaluate<boolean>(
          "document.documentElement.scrollWidth > window.innerWidth",
        );
        expect(isWider, "the page itself must not scroll to the side").toBe(false);
        await page.close();
      }
    },
  );

  it("runs nothing that a name of others says", async () => {
    const { page, complaints } = await open(hostileReport());
    expect(await page.evaluate<boolean>("'pwned' in window")).toBe(false);
    expect(complaints).toEqual([]);
    expect(await page.locator("img").count()).toBe(0);
    await page.close();
  });

  it("is used with the keyboard alone", async () => {
    const { page } = await open(sampleReport);
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").textContent()).toBe("Skip to the report");
    await page.keyboard.press("Enter");
    expect(await page.evaluate("document.activeElement.id")).toBe("main");
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").getAttribute("role")).toBe("region");
    const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
    expect(outline).toBe("solid");
    await page.close();
  });

  it("shows 200 apps, and of them what the filter says", async () => {
    const { page } = await open(manyApps(200));
    expect(await page.locator(".matrix tbody tr").count()).toBe(401);
    await page.getByLabel("Filter by app").fill("app042");
    expect(await seen(page, ".matrix tbody th")).toEqual(["app042", "app042_reports"]);
    expect(await page.locator("output").textContent()).toBe("2 of 401 roles");
    const widths = await page.evaluate(
      "[...document.querySelectorAll('.matrix thead th')].filter((one) => one.getBoundingClientRect().width > 0).length",
    );
    expect(widths).toBe(2);
    expect(await seen(page, "section:last-of-type tbody th")).toEqual(["app042", "app042"]);
    await page.getByLabel("Filter by app").fill("");
    expect(await page.locator(".matrix tbody tr:visible").count()).toBe(401);
    await page.close();
  });

  it("keeps the titles in sight", async () => {
    const { page } = await open(manyApps(200));
    const region = page.getByRole("region", { name: "Access" });
    await page.evaluate("document.querySelector('.scroll').scrollTo(3000, 3000)");
    const first = page.locator(".matrix thead th").first();
    const [outer, title] = [await region.boundingBox(), await first.boundingBox()];
    expect(Math.abs((title?.x ?? 0) - (outer?.x ?? 0))).toBeLessThan(3);
    expect(Math.abs((title?.y ?? 0) - (outer?.y ?? 0))).toBeLessThan(3);
    await page.close();
  });

  it("prints all of it", async () => {
    const { page } = await open(sampleReport);
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".filter").isVisible()).toBe(false);
    const overflow = "getComputedStyle(document.querySelector('.scroll')).overflow";
    expect(await page.evaluate(overflow)).toBe("visible");
    await page.close();
  });

  it("is readable at two widths", async () => {
    for (const [name, width, colorScheme] of [
      ["report-wide", 1280, "light"],
      ["report-narrow", 390, "dark"],
    ] as const) {
      const { page } = await open(sampleReport, { colorScheme, viewport: { width, height: 860 } });
      const picture = await page.screenshot();
      expect(picture.length).toBeLessThan(150_000);
      if (process.env["BERTH_UPDATE_GOLDEN"] === "true") {
        writeFileSync(path.join(projectFolder, `docs/images/${name}.png`), picture);
      }
      await page.close();
    }
  });
});
