/** What the status bar says about a situation. Knows no editor. */

import type { Phase } from "./connection.ts";
import type { ServerStatus } from "./protocol.ts";
import type { AnsweredRequest } from "./requests.ts";
import { explain, sentence } from "./silence.ts";

/** All that the status bar shows something of. `off`: what keeps it silent here, or null. */
export interface Situation {
  readonly phase: Phase;
  readonly status: ServerStatus;
  readonly serverVersion: string | undefined;
  readonly last: AnsweredRequest | undefined;
  readonly off: string | null;
}

/** How it is shown; `label` is for screen readers. */
export interface Look {
  readonly text: string;
  readonly label: string;
  readonly severity: "none" | "warning" | "error";
  readonly lines: readonly string[];
}

/** The look of a situation; `hasDetail`: latency and reasons in the bar itself, too. */
export function describe(now: Situation, hasDetail: boolean): Look {
  if (now.phase === "missing") {
    return plain("$(cloud-download) Midfill", "not installed: click to install", "warning");
  }
  if (now.phase === "starting") return plain("$(loading~spin) Midfill", "starting");
  if (now.status.kind === "Error") {
    return plain("$(error) Midfill", now.status.message || "failed", "error");
  }
  if (now.phase === "stopped") return plain("$(debug-disconnect) Midfill", "not running", "error");
  if (now.off !== null) return plain("$(circle-slash) Midfill", `silent: ${now.off}`);
  const loading = now.status.busy && now.last === undefined;
  const icon = loading
    ? "$(loading~spin)"
    : now.status.kind === "Warning"
      ? "$(warning)"
      : "$(sparkle)";
  const short = loading ? now.status.message : shortOf(now.last);
  const detail = hasDetail && short !== "" ? ` ${short}` : "";
  return {
    text: `${icon} Midfill${detail}`,
    label: `Midfill, ${short === "" ? "ready" : short}`,
    severity: now.status.kind === "Warning" ? "warning" : "none",
    lines: linesOf(now),
  };
}

function plain(text: string, message: string, severity: Look["severity"] = "none"): Look {
  return { text, label: `Midfill, ${message}`, severity, lines: [`Midfill: ${message}`] };
}

function shortOf(last: AnsweredRequest | undefined): string {
  if (last === undefined) return "";
  return last.reason === null ? milliseconds(last.latencyMs) : explain(last.reason).short;
}

function linesOf(now: Situation): string[] {
  const version = now.serverVersion === undefined ? "" : ` ${now.serverVersion}`;
  const lines = [`Midfill${version}: ready`];
  if (now.status.busy && now.status.message !== "") lines.push(now.status.message);
  if (now.status.kind === "Warning") lines.push(now.status.message);
  const { last } = now;
  if (last !== undefined) {
    lines.push(
      last.reason === null
        ? `Last proposal after ${milliseconds(last.latencyMs)}`
        : `Last time nothing was shown: ${sentence(last.reason, last.detail)}`,
    );
    if (last.reason !== null) lines.push(`Answered after ${milliseconds(last.latencyMs)}`);
  }
  lines.push("Click for commands");
  return lines;
}

function milliseconds(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}
