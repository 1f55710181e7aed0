import {
  type ItemField,
  ItemReadError,
  type ItemReadFailure,
} from "../../../components/onepassword/item.ts";
import type { ItemRequest } from "../../../components/onepassword/item-request.ts";
import { readItems } from "../../../components/onepassword/read-items.ts";
import { readStackItems } from "../../../components/onepassword/stack-items.ts";
import { makeVerifier } from "../../../components/postgres/verifier.ts";
import { makeSpec } from "../../fakes/stack.ts";
import { edited, type Row, type Trial } from "../trial.ts";
import { FakeOp } from "./fake-op.ts";

/** Fixes of items: the command of `op` is run on a vault. */

const file = "components/onepassword/read-items.ts";
const item = "wiki's login";
const request: ItemRequest = {
  ref: { vault: "Coachlight", item },
  wantedBy: "app wiki",
  fields: ["username", "password"],
  username: "wiki",
};
const field = (label: string, value: string, more: Partial<ItemField> = {}): ItemField => ({
  ...{ label, value, section: "" },
  ...more,
});
const login = [field("username", "wiki"), field("password", "of-this-test")];

/** Reads one item, and runs the printed command of `op`. */
const ofItem =
  (fields: readonly ItemField[] | undefined, more: Partial<ItemRequest> = {}) =>
  (): Trial => {
    const op = new FakeOp();
    if (fields !== undefined) op.items.set(item, fields);
    return {
      run: () => readItems([{ ...request, ...more }], op.read),
      repair: (fix) => {
        op.run(fix);
      },
    };
  };

/** Reads one item, whose fields are edited by hand. */
const byHand = (
  given: readonly ItemField[],
  edit: (fields: typeof given, fix: string) => typeof given,
) =>
  edited(
    given,
    (fields) => {
      const op = new FakeOp();
      op.items.set(item, fields);
      return readItems([{ ...request, isCopied: true }], op.read);
    },
    edit,
  );

/** Reads one item that must have a file, which is edited by hand. */
const withFile = (given: Filed, edit: (given: Filed) => Filed) =>
  edited(
    given,
    ({ fields, files }) => {
      const op = new FakeOp();
      op.items.set(item, fields);
      op.files.set(item, files);
      return readItems([{ ...request, files: ["tls.crt"], isCopied: true }], op.read);
    },
    edit,
  );

interface Filed {
  readonly fields: readonly ItemField[];
  readonly files: readonly string[];
}

/** 1Password itself fails until the fix is done. */
const untilFixed = (failure: ItemReadFailure) =>
  edited<ItemReadFailure | undefined>(
    failure,
    (now) => {
      const op = new FakeOp();
      op.items.set(item, login);
      const fails = () => Promise.reject(new ItemReadError(now ?? failure, "status of a test"));
      return readItems([request], now === undefined ? op.read : fails, { firstDelay: 1 });
    },
    () => undefined,
  );

/** An app's role is the admin, or a member of it. */
const ofAdmin = (entry: object, edit: (entry: object, fix: string) => object) =>
  edited(
    entry,
    (now) => {
      const op = new FakeOp();
      op.items.set("postgres-admin", [
        field("username", "boss"),
        field("password", "of-this-test"),
      ]);
      op.items.set("wiki-db-credentials", login);
      op.items.set("boss-item", [field("username", "boss"), field("password", "of-this-test")]);
      return readStackItems(makeSpec({ wiki: now }), op.read);
    },
    edit,
  );

const fileRows: readonly Row[] = [
  {
    fix: "… …",
    when: "a file is not attached",
    arrange: ofItem(login, { files: ["tls.crt"] }),
  },
  {
    fix: "remove the others in 1Password",
    when: "two attached files have one name",
    arrange: withFile({ fields: login, files: ["tls.crt", "tls.crt"] }, (given) => ({
      ...given,
      files: ["tls.crt"],
    })),
  },
  {
    fix: "remove or relabel the field in 1Password",
    when: "a field takes the key of a file",
    arrange: withFile(
      { fields: [...login, field("tls.crt", "x")], files: ["tls.crt"] },
      (given) => ({ ...given, fields: [...login, field("former tls.crt", "x")] }),
    ),
  },
].map((row) => ({ file: "components/onepassword/attached-files.ts", ...row }));

const unreadRows: readonly Row[] = [
  {
    fix: "correct berth:onepassword.vault",
    when: "there is no vault",
    arrange: untilFixed("missing vault"),
  },
  {
    fix: "op vault list, then",
    when: "two vaults have the title",
    arrange: untilFixed("several vaults"),
  },
  {
    fix: "op item list --vault …",
    when: "two items have the title",
    arrange: untilFixed("several items"),
  },
  {
    fix: "export a valid OP_CONNECT_TOKEN",
    when: "the token is refused",
    arrange: untilFixed("unauthorized"),
  },
  {
    fix: "wait for the limit to end",
    when: "there were too many requests",
    arrange: untilFixed("rate limited"),
  },
  {
    fix: "read the log of the Connect server",
    when: "Connect fails",
    arrange: untilFixed("server error"),
  },
  {
    fix: "check the address and the network",
    when: "Connect is away",
    arrange: untilFixed("unreachable"),
  },
  { fix: "op item create", when: "there is no item", arrange: ofItem(undefined) },
].map((row) => ({ file: "components/onepassword/unread.ts", ...row }));

export const itemRows: readonly Row[] = [
  ...fileRows,
  ...unreadRows,
  { fix: "…", when: "a field is not there", arrange: ofItem([field("username", "wiki")]) },
  {
    fix: "…",
    when: "a field with signs of op's own is not there",
    arrange: ofItem(login, { fields: ["api.key=\\"] }),
  },
  {
    fix: "…, or give the role that name in the stack file",
    when: "the item is another role's",
    arrange: ofItem([field("username", "shop"), field("password", "of-this-test")]),
  },
  {
    fix: "keep one, such as by …",
    when: "two fields have one label",
    arrange: ofItem([...login, field("password", "former", { section: "old one" })]),
  },
  {
    fix: 'label the field "…" in 1Password',
    when: "the password has another label",
    arrange: byHand(
      [field("username", "wiki"), field("password", "of-this-test", { shownAs: "Passwort" })],
      () => login,
    ),
  },
  {
    fix: "remove or relabel the others in 1Password",
    when: "two labels come to one key",
    arrange: byHand([...login, field("(password)", "x")], (fields) => fields.slice(0, 2)),
  },
  {
    file: "components/onepassword/stack-items.ts",
    fix: "set ….… to another name",
    when: "a role is the admin",
    arrange: ofAdmin({ owner: { name: "boss", item: "boss-item" } }, () => ({})),
  },
  {
    file: "components/onepassword/stack-items.ts",
    fix: "remove it from ….memberOf",
    when: "a role would be a member of the admin",
    arrange: ofAdmin({ owner: { memberOf: ["boss"] } }, () => ({})),
  },
  {
    file: "components/onepassword/stack-items.ts",
    fix: "if that role owns the database now, set berth:apps.….owner.name to its name",
    when: "an app goes over to two logins",
    arrange: ofAdmin({ owner: { rotation: "two-logins", name: "wiki_owner" } }, (entry, fix) => ({
      owner: {
        ...(entry as { owner: object }).owner,
        name: /owner\.name to its name/.test(fix) ? "wiki" : "",
      },
    })),
  },
  {
    file: "components/postgres/verifier.ts",
    fix: 'give the item\'s field "password" a new value of letters and digits',
    when: "a password has a sign that clients read otherwise",
    arrange: edited(
      "caf\u00e9\u0007",
      (password) => makeVerifier(password, "wiki"),
      () => "letters1",
    ),
  },
].map((row) => ({ file, ...row }));
