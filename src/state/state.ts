/**
 * The contract of state that several workers, processes or machines share. This first form holds what every job commits
 * through: partials, keyed by their split. The key is the fence: a split that was put once stays put.
 */

export interface StateCapabilities {
  sync: boolean;
  crossProcess: boolean;
  crossHost: boolean;
  durable: "process" | "server" | "disk";
  snapshot: boolean;
  atomicAcrossKeys: boolean;
}

export interface Partials {
  /** Insert-if-absent. False: the split is there already and nothing changed. `token` identifies the attempt. */
  put(split: string, token: string, bytes: Uint8Array): Promise<boolean>;
  has(split: string): Promise<boolean>;
  entries(): AsyncIterable<{ split: string; token: string; bytes: Uint8Array }>;
  /** Replaces all partials present by one, merged by `merge`, keeping their marks. */
  fold(merge: (partials: Uint8Array[]) => Promise<Uint8Array>): Promise<void>;
  clear(): Promise<void>;
}

export interface State extends AsyncDisposable {
  readonly url: string;
  readonly capabilities: StateCapabilities;
  partials(namespace: string): Partials;
}
