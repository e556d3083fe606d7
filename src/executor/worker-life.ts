/**
 * A worker's life, written down. Pure: the executor feeds events and obeys; an illegal event is a broken invariant.
 *
 *             Ready          Assign
 *  starting ─────────▶ idle ─────────▶ running        Finish: running ▶ idle
 *     │                  │                │
 *     └──────── Stop ────┴──────┬─────────┘
 *                               ▼
 *                           draining ── GiveUp ──▶ lost ── Exit ──▶ dead      (it came back after all)
 *                               └────── Exit ──▶ dead                          (Exit leads from every state to dead)
 *
 * A worker that is started for a task is `starting` with that task already posted; Ready then leads to `running`.
 */
import { ThreadmillError } from "../base/errors.ts";
import type { WorkerState } from "./executor.ts";

export type LifeEvent = "Ready" | "ReadyWithTask" | "Assign" | "Finish" | "Stop" | "GiveUp" | "Exit";

const transitions: Record<WorkerState, Partial<Record<LifeEvent, WorkerState>>> = {
  starting: { Ready: "idle", ReadyWithTask: "running", Stop: "draining", Exit: "dead" },
  idle: { Assign: "running", Stop: "draining", Exit: "dead" },
  running: { Finish: "idle", Stop: "draining", Exit: "dead" },
  draining: { Exit: "dead", GiveUp: "lost" },
  lost: { Exit: "dead" },
  dead: {},
};

/** The state after `event`. Throws ERR_INVARIANT when a worker in `state` cannot have it. */
export function nextWorkerState(state: WorkerState, event: LifeEvent): WorkerState {
  const next = transitions[state][event];
  if (next === undefined) throw new ThreadmillError("ERR_INVARIANT", `a worker that is ${state} cannot have ${event}`);
  return next;
}
