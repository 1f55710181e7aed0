import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findThread, postComment } from "../../../cli/preview/comment.ts";
import { toCommentId } from "../../../cli/preview/markdown.ts";
import { BerthError } from "../../../components/errors.ts";

/** One comment for each stack, on a forge that answers as GitHub, Forgejo, Gitea and GitLab do. */

interface Comment {
  readonly id: number;
  body: string;
}

const token = "token-of-this-test";
let comments: Comment[];
let requests: string[];
let server: Server;
let url: string;
/** Comments on a page; undefined = all on each page, as Gitea does. */
let pageSize: number | undefined;

beforeEach(async () => {
  comments = Array.from({ length: 60 }, (_, id) => ({ id, body: `comment ${String(id)}` }));
  requests = [];
  pageSize = 50;
  server = createServer((request, response) => {
    const { searchParams, pathname } = new URL(request.url ?? "", url);
    const given = request.headers.authorization ?? request.headers["private-token"];
    requests.push(`${request.method ?? ""} ${pathname}`);
    let text = "";
    request.on("data", (part: Buffer) => (text += part.toString()));
    request.on("end", () => {
      if (given !== `token ${token}` && given !== token) return response.writeHead(401).end("{}");
      const page = Number(searchParams.get("page") ?? 1);
      const size = pageSize ?? comments.length;
      const at = pageSize === undefined ? 0 : (page - 1) * size;
      if (request.method === "GET")
        return response.end(JSON.stringify(comments.slice(at, at + size)));
      const { body } = JSON.parse(text) as Comment;
      const id = Number(/\d+$/.exec(pathname)?.[0]);
      const known = comments.find((one) => one.id === id);
      if (request.method === "POST") comments.push({ id: 1000, body });
      else if (known !== undefined) known.body = body;
      return response.end("{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
});

const ofActions = () => ({
  GITHUB_API_URL: `${url}/api/v1`,
  GITHUB_REPOSITORY: "me/infra",
  GITHUB_TOKEN: token,
  GITHUB_REF: "refs/pull/7/merge",
});
const ofGitLab = () => ({
  CI_API_V4_URL: `${url}/api/v4`,
  CI_PROJECT_ID: "12",
  CI_MERGE_REQUEST_IID: "7",
  GITLAB_TOKEN: token,
});
const changed = { stack: "prod", unchanged: false };
const post = (text: string, env = ofActions() as Record<string, string>, of = changed) =>
  postComment(`${toCommentId(of.stack)}\n${text}`, of, env);
const own = () => comments.filter(({ body }) => body.startsWith("<!-- berth preview"));

describe.each([
  ["GitHub", ofActions, 50, "POST /api/v1/repos/me/infra/issues/7/comments"],
  ["a forge without pages", ofActions, undefined, "POST /api/v1/repos/me/infra/issues/7/comments"],
  ["GitLab", ofGitLab, 50, "POST /api/v4/projects/12/merge_requests/7/notes"],
])("on %s", (_, env, size, request) => {
  it("posts one comment, and changes it in the next run", async () => {
    pageSize = size;
    expect(await post("first", env())).toBe("posted the comment");
    expect(requests).toContain(request);
    expect(await post("second", env())).toBe("updated the comment");
    expect(own().map(({ body }) => body)).toEqual([`${toCommentId("prod")}\nsecond`]);
  });
});

it("has a comment for each stack", async () => {
  await post("of prod");
  await post("of test", ofActions(), { ...changed, stack: "test" });
  expect(own().map(({ body }) => body.split("\n")[1])).toEqual(["of prod", "of test"]);
});

it("posts nothing where nothing changes, but says so in a comment that is there", async () => {
  const unchanged = { stack: "prod", unchanged: true };
  expect(await post("nothing", ofActions(), unchanged)).toBe("no comment: nothing changes");
  expect(own()).toEqual([]);
  await post("something");
  expect(await post("nothing", ofActions(), unchanged)).toBe("updated the comment");
});

it("says which right is missing, without the token", async () => {
  const wrong = { ...ofActions(), GITHUB_TOKEN: "another-token" };
  const error = await post("x", wrong).catch((reason: unknown) => String(reason));
  expect(error).toContain("answered 401");
  expect(error).toContain("pull-requests: write");
  expect(error).not.toContain("another-token");
});

it.each([
  [
    "is no pull request",
    { GITHUB_REF: "refs/heads/main" },
    "this is not a CI job of a pull request",
  ],
  ["has no token", { GITHUB_TOKEN: "" }, "GITHUB_TOKEN is not set"],
])("refuses a job that %s", (_, change, message) => {
  expect(() => findThread({ ...ofActions(), ...change })).toThrow(message);
});

describe("without a usable answer", () => {
  /** Ends the server of these tests, and has one in its place that answers this text. */
  const answer = async (status: number, text: string): Promise<void> => {
    await new Promise((resolve) => server.close(resolve));
    server = createServer((_request, response) => response.writeHead(status).end(text));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  };
  const failure = async (env = ofActions() as Record<string, string>) =>
    await post("x", env).then(
      () => undefined,
      (error: unknown) => error,
    );

  it.each([
    ["a web page", "<html>canary-page</html>", "does not answer GET with comments"],
    ["another list", '[{"canary-page": 1}]', "does not answer GET with comments"],
  ])("it says so of %s, and quotes nothing of it", async (_, text, message) => {
    await answer(200, text);
    const error = await failure();
    expect(error).toBeInstanceOf(BerthError);
    expect(String(error)).toContain(message);
    expect(inspect(error, { depth: null })).not.toContain("canary");
  });

  it("it says why a forge cannot be reached", async () => {
    await new Promise((resolve) => server.close(resolve));
    const error = await failure();
    await new Promise<void>((resolve) => server.listen(0, resolve));
    expect(error).toBeInstanceOf(BerthError);
    expect(String(error)).toMatch(
      /the forge does not answer to GET: connect ECONNREFUSED .*\n {2}fix: run the job again/,
    );
  });

  it("it shows nothing of a token that no header can have", async () => {
    const error = await failure({ ...ofActions(), GITHUB_TOKEN: "canary-token\nof two lines" });
    expect(error).toBeInstanceOf(BerthError);
    expect(String(error)).toContain("set the token again, as one line");
    expect(inspect(error, { depth: null })).not.toContain("canary");
  });
});
