import { z } from "zod";
import { BerthError, messageOf } from "../../components/errors.ts";
import { toCommentId } from "./markdown.ts";
import type { StackPreview } from "./model.ts";

/** The comments of one pull request, or merge request. */
interface Thread {
  /** For messages, such as `GitHub`. */
  readonly forge: string;
  /** Lists comments and adds one. */
  readonly comments: string;
  /** Changes one. */
  readonly toComment: (id: number) => string;
  readonly change: "PATCH" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const Comments = z.array(z.looseObject({ id: z.int(), body: z.string().nullish() }));
/** The most pages to search for the comment of the run before. */
const mostPages = 50;
const again = "run the job again";

/** One comment for each stack: that of an earlier run is changed. None if nothing changes. Returns what it did. */
export async function postComment(
  body: string,
  { stack, unchanged }: Pick<StackPreview, "stack" | "unchanged">,
  env: Environment = process.env,
): Promise<string> {
  const thread = findThread(env);
  const before = await findComment(thread, toCommentId(stack));
  if (before === undefined && unchanged) return "no comment: nothing changes";
  if (before === undefined) {
    await send(thread, "POST", thread.comments, { body });
    return "posted the comment";
  }
  await send(thread, thread.change, thread.toComment(before), { body });
  return "updated the comment";
}

/** The pull request of this CI job. GitHub, Forgejo and Gitea have the same variables and requests. */
export function findThread(env: Environment): Thread {
  const gitlab = env["CI_MERGE_REQUEST_IID"];
  if (gitlab !== undefined) {
    const api = require(env, "CI_API_V4_URL", "GitLab sets it in each job");
    const token = require(env, "GITLAB_TOKEN", "a project access token with the scope api, as a masked variable");
    const project = require(env, "CI_PROJECT_ID", "GitLab sets it in each job");
    const comments = `${api}/projects/${project}/merge_requests/${gitlab}/notes`;
    return {
      forge: "GitLab",
      comments,
      change: "PUT",
      toComment: (id) => `${comments}/${String(id)}`,
      headers: { "PRIVATE-TOKEN": token },
    };
  }
  const number = /^refs\/pull\/(?<number>\d+)\//.exec(env["GITHUB_REF"] ?? "")?.groups?.["number"];
  if (number === undefined) {
    throw new BerthError("preview: --comment: this is not a CI job of a pull request", {
      hint: "use it in a job for pull requests of GitHub, Forgejo or Gitea, or for merge requests of GitLab; else use --markdown",
    });
  }
  const api = require(env, "GITHUB_API_URL", "the runner sets it");
  const repository = require(env, "GITHUB_REPOSITORY", "the runner sets it");
  const token = require(env, "GITHUB_TOKEN", "env: GITHUB_TOKEN: ${{ github.token }}");
  const issues = `${api}/repos/${repository}/issues`;
  return {
    forge: "the forge",
    comments: `${issues}/${number}/comments`,
    change: "PATCH",
    toComment: (id) => `${issues}/comments/${String(id)}`,
    // GitHub, Forgejo and Gitea all know this form.
    headers: { Authorization: `token ${token}` },
  };
}

function require(env: Environment, name: string, how: string): string {
  const value = env[name];
  if (value !== undefined && value !== "") return value;
  throw new BerthError(`preview: --comment: ${name} is not set`, { hint: `set it: ${how}` });
}

/** Some forges give pages of another length than asked for, or all comments on each page. */
async function findComment(thread: Thread, commentId: string): Promise<number | undefined> {
  const seen = new Set<number>();
  for (let page = 1; page <= mostPages; page += 1) {
    const query = `per_page=100&limit=100&page=${String(page)}`;
    const { data: found } = Comments.safeParse(
      await send(thread, "GET", `${thread.comments}?${query}`),
    );
    if (found === undefined) {
      throw new BerthError(
        `preview: --comment: ${thread.forge} does not answer GET with comments`,
        {
          hint: again,
        },
      );
    }
    const own = found.find(({ body }) => body?.startsWith(commentId) === true);
    if (own !== undefined) return own.id;
    if (found.every(({ id }) => seen.has(id))) return undefined;
    for (const { id } of found) seen.add(id);
  }
  return undefined;
}

async function send(
  { forge, headers }: Thread,
  method: string,
  url: string,
  body?: object,
): Promise<unknown> {
  const answer = await fetch(url, {
    method,
    headers: { ...headers, "Content-Type": "application/json", Accept: "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  }).catch((error: unknown) => {
    throw toUnanswered(forge, method, error);
  });
  // The parser's error would quote the answer.
  if (answer.ok) return await answer.json().catch(() => undefined);
  // NOTE: no part of the request, since it has the token.
  throw new BerthError(
    `preview: --comment: ${forge} answered ${String(answer.status)} to ${method}`,
    {
      hint:
        answer.status === 401 || answer.status === 403 || answer.status === 404
          ? "give the token the right to write comments: permissions: { pull-requests: write } on GitHub, the scope api on GitLab"
          : again,
    },
  );
}

/** Without the error of `fetch`, which quotes a header that it does not take: the token. Its cause is the network's. */
function toUnanswered(forge: string, method: string, error: unknown): BerthError {
  const { name, cause } = error as Error;
  if (name !== "TimeoutError" && cause === undefined) {
    return new BerthError(`preview: --comment: ${method} cannot be sent to ${forge}`, {
      hint: "set the token again, as one line of plain characters; and see that the address of the API is a URL",
    });
  }
  const reason = name === "TimeoutError" ? "it took more than 30 s" : messageOf(cause);
  return new BerthError(`preview: --comment: ${forge} does not answer to ${method}: ${reason}`, {
    hint: again,
  });
}
