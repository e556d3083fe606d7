/** The few types of WebAssembly that the kernel needs: the compiler's own lie in its library for browsers. */

export interface Memory {
  readonly buffer: SharedArrayBuffer;
}

export interface Module {
  readonly [Symbol.toStringTag]: string;
}

interface Api {
  Module: new (bytes: Uint8Array) => Module;
  Memory: new (limits: { initial: number; maximum: number; shared: true }) => Memory;
  RuntimeError: ErrorConstructor;
  Instance: new (module: Module, imports: Record<string, Record<string, unknown>>) => { exports: unknown };
}

export const wasm: Api = (globalThis as unknown as { WebAssembly: Api }).WebAssembly;
