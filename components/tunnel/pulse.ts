import type { Socket } from "node:net";
import type WebSocket from "ws";

export interface PulseListener {
  /** No data since the last beat; the connection may still be alive. */
  readonly onQuiet: () => void;
  /** No answer, not even to a ping. */
  readonly onSilent: () => void;
}

/** Keeps a websocket alive and notices when its other end is gone. */
export interface Pulse {
  /** Counts sent bytes: a large write delays the answer to a ping. */
  sent(bytes: number): void;
  ref(): void;
  unref(): void;
  stop(): void;
}

const beatMs = 15_000;
const beatsMissed = 3;
const plentySent = 64 * 1024;

/**
 * Load balancers in front of API servers drop connections that are silent for one to five minutes, so the
 * websocket pings. A laptop that slept keeps a dead connection: without a limit a statement on it waits for the
 * kernel's quarter of an hour. kubectl also waits one minute.
 *
 * A server that is busy with a large write does not answer pings, so silence counts only if little was sent
 * since the last sign of life.
 */
export function createPulse(socket: WebSocket, { onQuiet, onSilent }: PulseListener): Pulse {
  let missed = 0;
  let isQuiet = false;
  let sentSince = 0;
  const alive = (): void => {
    missed = 0;
    sentSince = 0;
  };
  const timer = setInterval(() => {
    if (socket.isPaused || socket.readyState !== socket.OPEN) return;
    if (missed >= beatsMissed && sentSince < plentySent) {
      onSilent();
      return;
    }
    if (isQuiet) onQuiet();
    isQuiet = true;
    missed += 1;
    socket.ping();
  }, beatMs);
  // The socket keeps the process alive if it must; this timer never does.
  timer.unref();
  socket.on("pong", alive);
  socket.on("message", () => {
    isQuiet = false;
    alive();
  });
  const carrier = toCarrier(socket);
  return {
    sent: (bytes) => {
      sentSince += bytes;
    },
    ref: () => carrier?.ref(),
    unref: () => carrier?.unref(),
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** The TCP or TLS socket under an open websocket; `ws` has no public name for it. */
function toCarrier(socket: WebSocket): Socket | undefined {
  return "_socket" in socket ? (socket._socket as Socket) : undefined;
}
