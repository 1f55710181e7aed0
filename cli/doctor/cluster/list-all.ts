import { type KubeAccess, parseAnswer } from "../../../components/kubernetes/access.ts";
import { NotNeeded } from "../report.ts";
import { requestOptions } from "./access.ts";

/** All objects of a path such as `/apis/apps/v1/deployments`. A check ends here if the user may not list them. */
export async function listAll<T>(access: KubeAccess, path: string, what: string): Promise<T[]> {
  const found: T[] = [];
  let next: string | undefined = "";
  while (next !== undefined) {
    const query = new URLSearchParams({ limit: "200", ...(next === "" ? {} : { continue: next }) });
    const answer = await access.send({ path: `${path}?${query.toString()}` }, requestOptions);
    if (answer.status === 404) throw new NotNeeded(`the cluster has no ${what}`);
    if (answer.status !== 200) {
      const status = String(answer.status);
      throw new NotNeeded(`this user may not list ${what} of all namespaces (${status})`);
    }
    const list = parseAnswer(access.context, answer.body) as {
      items?: T[];
      metadata?: { continue?: string };
    };
    found.push(...(list.items ?? []));
    next = list.metadata?.continue || undefined;
  }
  return found;
}
