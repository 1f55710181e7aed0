import { randomBytes } from "node:crypto";
import { createItem, generateValue } from "./item-edits.ts";
import { type FieldInput, makeVault, type VaultRecord } from "./vault-data.ts";

/**
 * The section in which 1Password's apps put a custom field by default. It has an id and no label.
 * NOTE: the Pulumi and Terraform providers return a custom field only if it is in a section.
 */
const UNNAMED_SECTION = { id: "add more" } as const;

/**
 * The sandbox's vault "Coachlight" with the items of the sample apps and their neighbour. It has the forms
 * that people have in 1Password: LOGIN items (username and password by purpose), DATABASE items (by label,
 * without a purpose) and custom fields in the unnamed section.
 *
 * Every value is random, so no password is in the source.
 */
export function createSampleVault(): VaultRecord {
  const vault = makeVault("Coachlight", "Made by the stand-in for development and tests");
  const add = (title: string, category: string, fields: readonly FieldInput[]): void => {
    const sections = fields.some((field) => field.section) ? [UNNAMED_SECTION] : [];
    vault.items.push(createItem({ title, category, tags: ["berth"], sections, fields }, vault.id));
  };
  const password = (): string => generateValue();
  const addLogin = (title: string, username: string): void => {
    add(title, "LOGIN", loginFields(username, password()));
  };

  add("postgres-admin", "DATABASE", databaseFields("coachlight_admin", password()));
  addLogin("netbox-db-credentials", "netbox");
  add("netbox-redis-credentials", "PASSWORD", [passwordField(password()), notesField()]);
  add("netbox-django-secret", "SECURE_NOTE", [
    custom("secret_key", generateValue(64)),
    custom("email_password", password()),
    notesField(),
  ]);
  add("netbox-superuser", "LOGIN", [
    ...loginFields("admin", password()),
    { ...custom("email", "admin@coachlight.example"), type: "EMAIL" },
    custom("api_token", randomBytes(20).toString("hex")),
  ]);
  addLogin("basketball-db-credentials", "basketball");
  add(
    "basketball-admin-db-credentials",
    "DATABASE",
    databaseFields("admin_app", randomBytes(32).toString("hex")),
  );
  addLogin("paperless-db-credentials", "paperless");
  return vault;
}

/** A random bearer token for the stand-in, in a form that is not valid anywhere else. */
export function makeToken(): string {
  return `standin-${randomBytes(24).toString("base64url")}`;
}

function loginFields(username: string, password: string): readonly FieldInput[] {
  return [usernameField(username), passwordField(password), notesField()];
}

function databaseFields(username: string, password: string): readonly FieldInput[] {
  return [
    { id: "username", label: "username", type: "STRING", value: username },
    { id: "password", label: "password", type: "CONCEALED", value: password },
    notesField(),
  ];
}

export function usernameField(value: string): FieldInput {
  return { id: "username", label: "username", type: "STRING", purpose: "USERNAME", value };
}

export function passwordField(value: string): FieldInput {
  return { id: "password", label: "password", type: "CONCEALED", purpose: "PASSWORD", value };
}

/** Every item has notes. Empty notes have no value, and readers must accept that. */
function notesField(): FieldInput {
  return { id: "notesPlain", label: "notesPlain", type: "STRING", purpose: "NOTES" };
}

function custom(label: string, value: string): FieldInput {
  const id = randomBytes(13).toString("hex");
  return { id, label, type: "CONCEALED", value, section: UNNAMED_SECTION };
}
