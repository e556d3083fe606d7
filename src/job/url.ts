/**
 * Host, path and parameters of URLs as they stand in logs: absolute (`https://user@host:80/p?q`), scheme-relative (`//host/p`), or
 * only a path (`/p?q`, as in access logs). Written by hand: a `new URL` per row costs more than the rest of a query. What is no URL gives null.
 */

interface UrlBounds {
  /** -1: there is no host. */
  hostStart: number;
  hostEnd: number;
  pathStart: number;
}

const schemePattern = /^[a-zA-Z][a-zA-Z0-9+.-]*$/;
const SLASH = 47;
const QUESTION = 63;
const HASH = 35;

function boundsOf(url: string): UrlBounds | undefined {
  if (url.charCodeAt(0) === SLASH && url.charCodeAt(1) !== SLASH) return { hostStart: -1, hostEnd: -1, pathStart: 0 };
  const slashes = url.indexOf("//");
  if (slashes < 0) return undefined;
  if (slashes > 0 && (url[slashes - 1] !== ":" || !schemePattern.test(url.slice(0, slashes - 1)))) return undefined;
  let hostStart = slashes + 2;
  const pathStart = endOfAuthority(url, hostStart);
  const at = url.lastIndexOf("@", pathStart - 1);
  if (at >= hostStart) hostStart = at + 1;
  let hostEnd = pathStart;
  if (url[hostStart] === "[") {
    const bracket = url.indexOf("]", hostStart);
    if (bracket < 0 || bracket >= pathStart) return undefined;
    hostEnd = bracket + 1;
  } else {
    const colon = url.indexOf(":", hostStart);
    if (colon >= 0 && colon < pathStart) hostEnd = colon;
  }
  return hostEnd === hostStart && slashes > 0 && url.slice(0, slashes) !== "file:"
    ? undefined
    : { hostStart, hostEnd, pathStart };
}

function endOfAuthority(url: string, start: number): number {
  for (let at = start; at < url.length; at++) {
    const code = url.charCodeAt(at);
    if (code === SLASH || code === QUESTION || code === HASH) return at;
  }
  return url.length;
}

/** The host in lower case, without user and port; null where there is none. */
export function hostOf(url: string): string | null {
  const bounds = boundsOf(url);
  if (!bounds || bounds.hostStart < 0 || bounds.hostStart === bounds.hostEnd) return null;
  return url.slice(bounds.hostStart, bounds.hostEnd).toLowerCase();
}

/** The path, as it stands (not decoded), without query and fragment; "/" where a host stands alone. */
export function pathOf(url: string): string | null {
  const bounds = boundsOf(url);
  if (!bounds) return null;
  const end = url.slice(bounds.pathStart).search(/[?#]/);
  const path = end < 0 ? url.slice(bounds.pathStart) : url.slice(bounds.pathStart, bounds.pathStart + end);
  return path === "" ? "/" : path;
}

/** The first value of a query parameter, percent-decoded, + as space; "" without a value; null where it is missing. */
export function paramOf(url: string, name: string): string | null {
  const hash = url.indexOf("#");
  const end = hash < 0 ? url.length : hash;
  let at = url.indexOf("?") + 1;
  if (at === 0 || at > end || !boundsOf(url)) return null;
  while (at < end) {
    let next = url.indexOf("&", at);
    if (next < 0 || next > end) next = end;
    let equals = url.indexOf("=", at);
    if (equals < 0 || equals > next) equals = next;
    if (isNamed(url, at, equals, name)) return decode(url.slice(equals + 1, next));
    at = next + 1;
  }
  return null;
}

function isNamed(url: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length && url.startsWith(name, start)) return true;
  if (end - start <= name.length) return false;
  return decode(url.slice(start, end)) === name;
}

function decode(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // Broken sequences stay as they stand; the good ones around them are decoded.
    return spaced.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) =>
      Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
    );
  }
}
