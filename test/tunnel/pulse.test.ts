import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type WebSocket from "ws";
import { createPulse } from "../../components/tunnel/pulse.ts";

class QuietWebSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly readyState = 1;
  isPaused = false;
  pings = 0;
  ping(): void {
    this.pings += 1;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function start(): { socket: QuietWebSocket; silent: () => boolean; sent: (n: number) => void } {
  const socket = new QuietWebSocket();
  let isSilent = false;
  const pulse = createPulse(socket as unknown as WebSocket, () => {
    isSilent = true;
  });
  return { socket, silent: () => isSilent, sent: pulse.sent };
}

test("an idle connection is pinged twice a minute", () => {
  const { socket } = start();
  vi.advanceTimersByTime(61_000);
  expect(socket.pings).toBe(2);
});

test("a connection that gives no sign of life for two minutes is given up", () => {
  const { silent } = start();
  vi.advanceTimersByTime(119_000);
  expect(silent()).toBe(false);
  vi.advanceTimersByTime(2_000);
  expect(silent()).toBe(true);
});

test("a pong or any message is a sign of life", () => {
  const { socket, silent } = start();
  for (let i = 0; i < 10; i += 1) {
    vi.advanceTimersByTime(60_000);
    socket.emit(i % 2 === 0 ? "pong" : "message");
  }
  expect(silent()).toBe(false);
});

test("a server that still takes in a large write is not given up", () => {
  const { silent, sent } = start();
  sent(1024 * 1024);
  vi.advanceTimersByTime(600_000);
  expect(silent()).toBe(false);
});

test("a reader that is slow itself is not the server's silence", () => {
  const { socket, silent } = start();
  socket.isPaused = true;
  vi.advanceTimersByTime(600_000);
  expect(silent()).toBe(false);
});
