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

function start() {
  const socket = new QuietWebSocket();
  let isSilent = false;
  let quiet = 0;
  const pulse = createPulse(socket as unknown as WebSocket, {
    onQuiet: () => {
      quiet += 1;
    },
    onSilent: () => {
      isSilent = true;
    },
  });
  return { socket, silent: () => isSilent, quiet: () => quiet, sent: pulse.sent };
}

test("an idle connection is pinged four times a minute", () => {
  const { socket } = start();
  vi.spyOn(socket, "ping").mockImplementation(() => {
    socket.pings += 1;
    socket.emit("pong");
  });
  vi.advanceTimersByTime(61_000);
  expect(socket.pings).toBe(4);
});

test("a connection that brings nothing is reported, even if its pings are answered", () => {
  const { socket, quiet } = start();
  vi.advanceTimersByTime(16_000);
  socket.emit("message");
  vi.advanceTimersByTime(15_000);
  expect(quiet()).toBe(0);
  socket.emit("pong");
  vi.advanceTimersByTime(15_000);
  expect(quiet()).toBe(1);
});

test("a connection that gives no sign of life for a minute is given up", () => {
  const { silent } = start();
  vi.advanceTimersByTime(59_000);
  expect(silent()).toBe(false);
  vi.advanceTimersByTime(2_000);
  expect(silent()).toBe(true);
});

test("a pong or any message is a sign of life", () => {
  const { socket, silent } = start();
  for (let i = 0; i < 20; i += 1) {
    vi.advanceTimersByTime(30_000);
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
