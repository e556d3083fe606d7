/** UTF-8: is it valid, and text from bytes. Both take the short way through ASCII. */
import { isUtf8 } from "node:buffer";

/** From this length on the call into the runtime's vectorised check pays. */
const NATIVE_BYTES = 48;

/** Whether bytes[start..end] is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
export function validUtf8(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start >= NATIVE_BYTES) return isUtf8(bytes.subarray(start, end));
  return isAscii(bytes, start, end) || isUtf8(bytes.subarray(start, end));
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (bytes[p] > 127) return false;
  return true;
}

type Slicer = (this: Uint8Array, start: number, end: number) => string;
const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as { latin1Slice: Slicer; utf8Slice: Slicer };

/** bytes[start..end] as a string; invalid UTF-8 becomes U+FFFD. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  return isAscii(bytes, start, end) ? latin1Slice.call(bytes, start, end) : utf8Slice.call(bytes, start, end);
}
