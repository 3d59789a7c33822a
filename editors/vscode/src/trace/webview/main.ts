/** The denoising view's behaviour: which request and which frame are shown, and the keys. */

import type { FromView, RequestEntry, ToView } from "../messages.ts";
import type { PlanLine } from "../plan.ts";
import type { TraceRecord } from "../record.ts";
import { type Frame, frames } from "../replay.ts";
import { element } from "./dom.ts";
import * as draw from "./draw.ts";

declare function acquireVsCodeApi(): { postMessage(message: FromView): void };

const LONGEST_PLAY_MS = 2500;
const SLOWEST_FRAME_MS = 250;

const host = acquireVsCodeApi();
const view = document.getElementById("view") as HTMLElement;

let requests: readonly RequestEntry[] = [];
let shown:
  | { id: string; record: TraceRecord; lines: readonly PlanLine[]; frames: Frame[] }
  | undefined;
let current = 0;
let timer: ReturnType<typeof setInterval> | undefined;

// The controls stay, so that they keep the focus; everything below them is drawn anew.
const select = element("select", { id: "request", "aria-label": "Request" });
const play = element("button", { id: "play", title: "Play or pause (Space)" }, "Play");
const slider = element("input", { id: "step", type: "range", min: 0, "aria-label": "Step" });
const summary = element("output", { id: "summary", for: "step", "aria-live": "polite" });
const content = element("div", { id: "content" });
view.append(element("header", {}, select, play, slider, summary), content);

select.addEventListener("change", () => choose(select.value));
play.addEventListener("click", toggle);
slider.addEventListener("input", () => {
  pause();
  go(Number(slider.value));
});
content.addEventListener("click", (event) => {
  const target = event.target as HTMLElement;
  const line = target.closest<HTMLElement>("[data-line]")?.dataset["line"];
  const row = target.closest<HTMLElement>("[data-frame]")?.dataset["frame"];
  if (line !== undefined && shown !== undefined) {
    host.postMessage({ type: "reveal", id: shown.id, line: Number(line) });
  } else if (row !== undefined) {
    pause();
    go(Number(row));
  }
});
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  // The list has its own use for most keys, a button for the space bar.
  if (event.target === select || (event.target instanceof HTMLButtonElement && event.key === " "))
    return;
  if (event.target instanceof HTMLInputElement && event.key.startsWith("Arrow")) return;
  if (handleKey(event.key)) event.preventDefault();
});
window.addEventListener("message", ({ data }: MessageEvent<ToView>) => {
  if (data.type === "list") showList(data.requests);
  else if (data.type === "empty") showEmpty(data.message);
  else showTrace(data);
});
host.postMessage({ type: "ready" });

function handleKey(key: string): boolean {
  const last = (shown?.frames.length ?? 1) - 1;
  const keys: Record<string, () => void> = {
    " ": toggle,
    ArrowLeft: () => step(current - 1),
    ArrowRight: () => step(current + 1),
    Home: () => step(0),
    End: () => step(last),
    ArrowUp: () => chooseBy(-1),
    ArrowDown: () => chooseBy(1),
  };
  const action = keys[key];
  action?.();
  return action !== undefined;
}

function showList(list: readonly RequestEntry[]): void {
  requests = list;
  select.replaceChildren(
    ...list.map(({ id, label, isProposal }) =>
      element("option", { value: id }, `${isProposal ? "●" : "○"} ${label}`),
    ),
  );
  if (shown !== undefined) select.value = shown.id;
}

function showEmpty(message: string): void {
  pause();
  shown = undefined;
  slider.disabled = play.disabled = true;
  summary.textContent = "";
  content.replaceChildren(element("p", { class: "empty" }, message));
}

function showTrace(data: ToView & { type: "trace" }): void {
  pause();
  shown = { ...data, frames: frames(data.record) };
  const last = Math.max(shown.frames.length - 1, 0);
  slider.max = String(last);
  slider.disabled = play.disabled = last === 0;
  select.value = data.id;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  go(isStill ? last : 0);
  if (!isStill && last > 0) toggle();
}

function choose(id: string): void {
  host.postMessage({ type: "select", id });
}

function chooseBy(delta: number): void {
  // The newest request stands first.
  const index = requests.findIndex(({ id }) => id === shown?.id) - delta;
  const entry = requests[index];
  if (entry !== undefined) choose(entry.id);
}

function step(index: number): void {
  pause();
  go(index);
}

function go(index: number): void {
  if (shown === undefined) return;
  const last = Math.max(shown.frames.length - 1, 0);
  current = Math.min(Math.max(index, 0), last);
  const frame = shown.frames[current];
  slider.value = String(current);
  slider.setAttribute("aria-valuetext", `step ${current} of ${last}`);
  summary.textContent = frame?.summary ?? "";
  content.replaceChildren(
    draw.outcome(shown.record),
    ...(frame === undefined ? [] : [draw.canvas(frame)]),
    draw.grid(shown.record, shown.frames, current),
    draw.plan(shown.lines, shown.record, shown.frames, current),
    draw.timings(shown.record),
    draw.legend(),
  );
}

function toggle(): void {
  if (timer !== undefined) {
    pause();
    return;
  }
  if (shown === undefined || shown.frames.length < 2) return;
  const last = shown.frames.length - 1;
  if (current === last) go(0);
  play.textContent = "Pause";
  timer = setInterval(
    () => {
      go(current + 1);
      if (current >= last) pause();
    },
    Math.min(SLOWEST_FRAME_MS, LONGEST_PLAY_MS / last),
  );
}

function pause(): void {
  clearInterval(timer);
  timer = undefined;
  play.textContent = "Play";
}
