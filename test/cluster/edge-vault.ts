import { createItem } from "../../dev/connect/item-edits.ts";
import { makeVault, type VaultRecord } from "../../dev/connect/vault-data.ts";
import { attach } from "../fakes/vault.ts";
import { passwords } from "../secrets/login-keys.ts";
import { issue } from "../tunnel/certificate.ts";

/** Text and bytes, for a Secret that must hold both as they are. */
const { cert, key } = issue("wiki.example.org");
export const certificateFiles: Readonly<Record<string, Buffer>> = {
  "tls.crt": Buffer.from(cert),
  "tls.key": Buffer.from(key),
  "blob.bin": Buffer.from(Array.from({ length: 256 }, (_, at) => at)),
};

/** The fields of each item. */
export const edgeItems = {
  certificates: { note: "for the edge" },
  "Wiki database": {
    WIKI_POSTGRES_PASS: `${passwords["all that can be typed"] ?? ""}ä-канарейка`,
    "API Token": "edge-api-token-0123456789",
  },
  "Wiki mail": {
    SMTP_HOST: "smtp.example.org",
    SMTP_PASSWORD: "edge-mail-word-0123456789",
    OTHER: "not for the app",
  },
  "Wiki things": {
    "API Token": "edge-thing-0123456789",
    "  Ä (web)!": "edge-web-0123456789",
    "file/label": "a label that looks like a file",
    empty: "",
  },
  registry: { config: '{"auths":{"registry.example.org":{"auth":"ZWRnZTplZGdl"}}}' },
} as const;

/** A vault with items as people have them: labels of their own, in a section, and attached files. */
export function makeEdgeVault(): VaultRecord {
  const vault = makeVault("Edge", "made by a test");
  const section = { id: "add more" };
  for (const [title, fields] of Object.entries(edgeItems)) {
    const input = {
      title,
      category: "SECURE_NOTE",
      sections: [section],
      fields: Object.entries(fields).map(([label, value]) => ({
        label,
        value,
        type: "CONCEALED",
        section,
      })),
    };
    const item = createItem(input, vault.id);
    vault.items.push(title === "certificates" ? attach(item, certificateFiles) : item);
  }
  return vault;
}
