/** The kernel: what TypeScript calls, file by file. Every number is an address, an index or a count, 32 bits wide unless said. */
export { logParse } from "./log";
export { alloc, free, onAbort } from "./memory";
export { csvOpen, csvParse } from "./csv";
export { decodeBigints, decodeBools, decodeFloats, decodeInts, decodeTexts, decodeTimestamps } from "./decode";
export { allFit, formatRows } from "./format";
export * from "./group";
export { ndjsonKey, ndjsonOpen, ndjsonParse, ndjsonSlots } from "./ndjson";
export { appendRows, readRows } from "./partition";
export { gather64, gather8, gatherText, packTexts, shiftWords, sortRows, textExtent, textLength } from "./sort";
