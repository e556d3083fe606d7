/** The kernel: what TypeScript calls, file by file. Every number is an address, an index or a count, 32 bits wide unless said. */
export { alloc, free, onAbort } from "./memory";
