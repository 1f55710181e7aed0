import { addLogin, sendToStandIn } from "../../dev/connect/add-login.ts";
import { VaultStore } from "../../dev/connect/vault-data.ts";
import { findItem, loginOf, type Sandbox } from "../../dev/sandbox.ts";

/** What a bed does in its stand-in for 1Password. */
export abstract class ItemsBed {
  abstract get sandbox(): Sandbox;

  vault(): VaultStore {
    return VaultStore.load(this.sandbox.vaultFile);
  }

  get token(): string {
    return this.sandbox.env["OP_CONNECT_TOKEN"] ?? "";
  }

  login(item: string): { name: string; password: string } {
    return loginOf(this.vault(), item);
  }

  /** Changes an item as a person would: through the Connect API. */
  async editItem(title: string, edit: (fields: Record<string, unknown>[]) => void): Promise<void> {
    const item = structuredClone(findItem(this.vault(), title));
    edit(item.fields);
    await sendToStandIn(this.sandbox, "PUT", `/v1/vaults/${item.vault.id}/items/${item.id}`, item);
  }

  /** Gives a field of an item another value. */
  async setField(title: string, label: string, value: string): Promise<void> {
    await this.editItem(title, (fields) => {
      for (const field of fields) if (field["label"] === label) field["value"] = value;
    });
  }

  /** Adds an item with a username and a password. */
  async addLogin(title: string, username: string, password: string): Promise<void> {
    await addLogin(this.sandbox, { title, username, password });
  }

  /** Has the stand-in answer badly until it is called again; see `dev/connect/faults.ts`. */
  async playFaults(...faults: readonly object[]): Promise<void> {
    await sendToStandIn(this.sandbox, "PUT", "/dev/faults", faults);
  }

  /** Every value that must never be seen anywhere. */
  secrets(): string[] {
    const values = this.vault()
      .items()
      .flatMap(({ fields }) => fields)
      .flatMap(({ type, value }) => (type === "CONCEALED" ? (value ?? []) : []));
    return [...values, this.token, this.sandbox.superuser.password].filter(
      ({ length }) => length > 8,
    );
  }
}
