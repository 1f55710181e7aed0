/** Fields of an item that repeat its login, such as a URL with the password in it. Pure. */

export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A password that is shorter may stand in any text by chance. */
const lengthNoChance = 12;

/**
 * The text with the new login where the old one was: in `scheme://user:password@…`, as a parameter
 * `user=…&password=…`, or as the last two parts of a line of `.pgpass`. undefined = it holds the old
 * password in another form. The new login needs no encoding.
 */
export function renewLogin(text: string, old: Login, renewed: Login): string | undefined {
  const replaced = text
    .replaceAll(/:\/\/([^:/@\s]*):([^@/\s]*)@/g, (whole, user: string, password: string) =>
      decode(password) === old.password
        ? `://${decode(user) === old.username ? renewed.username : user}:${renewed.password}@`
        : whole,
    )
    .replace(/^((?:[^:\n]+:){3})([^:\n]+):([^:\n]+)$/, (whole, place: string, user, password) =>
      user === old.username && password === old.password
        ? `${place}${renewed.username}:${renewed.password}`
        : whole,
    );
  const parameters = /\b(user|password)=([^&;\s]*)/gi;
  const hasPassword = [...replaced.matchAll(parameters)].some(
    ([, key, value = ""]) => key?.toLowerCase() === "password" && decode(value) === old.password,
  );
  const result = hasPassword
    ? replaced.replaceAll(parameters, (whole, key: string, value: string) => {
        if (key.toLowerCase() === "password") return `${key}=${renewed.password}`;
        return decode(value) === old.username ? `${key}=${renewed.username}` : whole;
      })
    : replaced;
  const isLeft =
    old.password.length >= lengthNoChance &&
    (result.includes(old.password) || decode(result).includes(old.password));
  return isLeft ? undefined : result;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
